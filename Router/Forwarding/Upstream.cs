using Router.Configuration;

namespace Router.Forwarding;

/// <summary>What lives of a backend: its client with its connections, and the count of what is in flight.</summary>
public sealed class Upstream(BackendSettings settings, HttpClient client)
{
    private int _inFlight;
    private volatile string? _lastFailure;
    private long _lastAnswer;
    private long _lastFailed;

    /// <summary>The backend as configured.</summary>
    public BackendSettings Settings => settings;

    /// <summary>The pooled client; no other backend shares it, so no backend's connections wait on another's.</summary>
    public HttpClient Client => client;

    /// <summary>How many requests have begun and not ended.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Counts a request in. Each call needs one <see cref="Leave"/>.</summary>
    public void Enter() => Interlocked.Increment(ref _inFlight);

    /// <summary>Counts a request out.</summary>
    public void Leave() => Interlocked.Decrement(ref _inFlight);

    /// <summary>Notes that the backend answered.</summary>
    public void Answered(DateTimeOffset now)
    {
        Volatile.Write(ref _lastAnswer, now.UtcTicks);
        _lastFailure = null;
    }

    /// <summary>Notes that the backend could not be reached or did not answer.</summary>
    public void Failed(ForwardFailure failure, DateTimeOffset now)
    {
        Volatile.Write(ref _lastFailed, now.UtcTicks);
        _lastFailure = ForwardFailures.NameOf(failure);
    }

    /// <summary>What was last seen of it, without asking it now.</summary>
    public Reachability LastSeen
    {
        get
        {
            var failure = _lastFailure;
            var at = failure is null ? Volatile.Read(ref _lastAnswer) : Volatile.Read(ref _lastFailed);
            return new Reachability(at == 0 ? null : failure is null, at == 0 ? null : new DateTimeOffset(at, TimeSpan.Zero), failure);
        }
    }
}

/// <summary>What was last seen of a backend.</summary>
/// <param name="Reachable">Whether the last request got an answer; null where none was sent yet.</param>
/// <param name="At">When that was.</param>
/// <param name="Failure">What went wrong, if it did.</param>
public readonly record struct Reachability(bool? Reachable, DateTimeOffset? At, string? Failure);
