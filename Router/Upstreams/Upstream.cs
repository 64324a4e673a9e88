using System.Collections.Immutable;
using Router.Configuration;
using Router.Http;

namespace Router.Upstreams;

/// <summary>What lives of a backend: its client, its addresses, its places, and the count of what is in flight.</summary>
public sealed class Upstream(
    BackendSettings settings,
    ImmutableArray<Destination> destinations,
    HttpClient client,
    RetryCounts retries,
    LastWrite lastWrite,
    TimeProvider time
) : IDisposable
{
    private readonly SemaphoreSlim _permits = new(settings.MaxConcurrentRequests);
    private volatile LastContact? _lastSeen;
    private long _lastAnswer;
    private int _inFlight;
    private int _upgraded;
    private int _queued;

    /// <summary>The backend as configured.</summary>
    public BackendSettings Settings => settings;

    /// <summary>Its addresses.</summary>
    public ImmutableArray<Destination> Destinations => destinations;

    /// <summary>The pooled client; no other backend shares it, so no backend's connections wait on another's.</summary>
    public HttpClient Client => client;

    /// <summary>How many requests were sent to it again.</summary>
    public RetryCounts Retries => retries;

    /// <summary>When it last got a request that may change something, before it was configured anew included.</summary>
    public LastWrite LastWrite => lastWrite;

    /// <summary>How many requests have begun and not ended.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>How many connections have been upgraded (WebSockets) and are open.</summary>
    public int Upgraded => Volatile.Read(ref _upgraded);

    /// <summary>What was last seen of it, without asking it now; null where no request was sent yet.</summary>
    public LastContact? LastSeen => _lastSeen;

    /// <summary>Counts a request in. Each call needs one <see cref="Leave"/>.</summary>
    public void Enter() => Interlocked.Increment(ref _inFlight);

    /// <summary>Counts a request out.</summary>
    public void Leave() => Interlocked.Decrement(ref _inFlight);

    /// <summary>
    /// Takes one of the permits for requests that the backend may have at once; false where none is free. Each needs one
    /// <see cref="ReturnPermit"/>.
    /// </summary>
    public bool TryTakePermit() => _permits.Wait(0, CancellationToken.None);

    /// <summary>Waits for a permit; false where the queue is full or too slow.</summary>
    public ValueTask<bool> WaitForPermitAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _queued) <= settings.MaxQueuedRequests)
            return QueueAsync(cancellationToken);
        Interlocked.Decrement(ref _queued);
        return ValueTask.FromResult(false);
    }

    /// <summary>Gives a permit back.</summary>
    public void ReturnPermit() => _permits.Release();

    /// <summary>A connection was upgraded, or an upgraded one has ended.</summary>
    public void CountUpgraded(int change) => Interlocked.Add(ref _upgraded, change);

    /// <summary>Notes that the backend answered.</summary>
    /// <param name="now">A timestamp of the clock.</param>
    public void ResponseStarted(long now)
    {
        // Good news of this second is news enough.
        if (_lastSeen is { Failure: null } && time.GetElapsedTime(Volatile.Read(ref _lastAnswer), now) < TimeSpan.FromSeconds(1))
            return;
        Volatile.Write(ref _lastAnswer, now);
        _lastSeen = new LastContact(time.GetUtcNow(), null);
    }

    /// <summary>Notes that the backend could not be reached or did not answer.</summary>
    public void Failed(ForwardFailure failure) => _lastSeen = new LastContact(time.GetUtcNow(), failure);

    /// <summary>
    /// Closes the connections that no request needs: the configuration has the backend no longer. A request that still comes, from a table
    /// that was replaced at this moment, is served on a connection of its own.
    /// </summary>
    public void Retire()
    {
        foreach (var destination in destinations)
        {
            destination.Pool.Retire();
            if (InFlight == 0)
                destination.Http2.Close();
        }
    }

    /// <summary>Keeps connections again: the configuration has the backend back.</summary>
    public void Revive()
    {
        foreach (var destination in destinations)
            destination.Pool.Revive();
    }

    private async ValueTask<bool> QueueAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _permits.WaitAsync(settings.QueueTimeout, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _queued);
        }
    }

    public void Dispose()
    {
        client.Dispose();
        foreach (var destination in destinations)
            destination.Dispose();
        _permits.Dispose();
    }
}
