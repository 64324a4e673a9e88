namespace Router.Upstreams;

/// <summary>
/// The time that an attempt to connect may take. It measures the backend, not Router. So it counts in steps, each of which needs a thread
/// just as the attempt does: when threads or processor time are short, the steps are as late as the attempt. And at its end it asks whether
/// the other side has already done its part, which Router has only not got round to: then it allows a further step.
/// </summary>
public sealed class ConnectionLimit : IDisposable
{
    // A TLS handshake waits for a thread about four times; ten late steps allow for more than that.
    private const int Steps = 10;

    private readonly CancellationTokenSource _source;
    private readonly Func<bool> _isRouterLate;
    private readonly TimeSpan _step;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private int _left = Steps;
    private bool _disposed;

    /// <summary>Starts the clock.</summary>
    /// <param name="limit">How long it takes when Router is not late.</param>
    /// <param name="isRouterLate">Whether the other side has done its part.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels <see cref="Token"/> too.</param>
    public ConnectionLimit(TimeSpan limit, Func<bool> isRouterLate, TimeProvider time, CancellationToken cancellationToken)
    {
        _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        (_isRouterLate, _step) = (isRouterLate, limit / Steps);
        _timer = time.CreateTimer(static self => ((ConnectionLimit)self!).Step(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(_step, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Cancelled when the time is over.</summary>
    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _timer.Dispose();
        }

        _source.Dispose();
    }

    private void Step()
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            _left--;
            if (_left > 0 || _isRouterLate())
            {
                _timer.Change(_step, Timeout.InfiniteTimeSpan);
                return;
            }
        }

        try
        {
            // Not under the lock: what this ends disposes of the limit.
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The attempt has just ended.
        }
    }
}
