namespace Router.Forwarding;

/// <summary>
/// Cancels a request to a backend when its answer does not begin in time, and whenever the client goes away.
/// Once the answer has begun, only the client's going away is left.
/// </summary>
public sealed class AnswerLimit : IDisposable
{
    private const int Waiting = 0;
    private const int Began = 1;
    private const int Over = 2;

    // Never disposed: the timer may just be cancelling it on another thread, and without a timer of its own it holds nothing.
    private readonly CancellationTokenSource _source = new();
    private readonly CancellationTokenRegistration _client;
    private readonly ITimer _timer;
    private readonly TimeSpan _limit;
    private int _state;

    /// <summary>Starts the clock.</summary>
    public AnswerLimit(TimeProvider time, TimeSpan limit, CancellationToken clientGone)
    {
        _limit = limit;
        _client = clientGone.UnsafeRegister(static self => ((AnswerLimit)self!)._source.Cancel(), this);
        _timer = time.CreateTimer(static self => ((AnswerLimit)self!).Expire(), this, limit, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Cancelled at the limit or when the client goes.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Whether it was the limit.</summary>
    public bool Expired => Volatile.Read(ref _state) == Over;

    /// <summary>Holds the clock: the next move is the client's, not the backend's.</summary>
    public void Hold() => _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>Starts the clock anew: the next move is the backend's.</summary>
    public void Restart() => _timer.Change(_limit, Timeout.InfiniteTimeSpan);

    /// <summary>Stops the clock.</summary>
    public void AnswerBegan()
    {
        Interlocked.CompareExchange(ref _state, Began, Waiting);
        _timer.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        AnswerBegan();
        _client.Dispose();
    }

    private void Expire()
    {
        if (Interlocked.CompareExchange(ref _state, Over, Waiting) == Waiting)
            _source.Cancel();
    }
}
