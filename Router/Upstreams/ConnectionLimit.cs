namespace Router.Upstreams;

/// <summary>
/// The timeout of a connection attempt. It measures the backend, not Router. It therefore counts in steps, each of which needs a thread
/// just as the attempt does: when threads or CPU time are scarce, the steps are delayed as much as the attempt. At the end it checks
/// whether the peer has already responded and Router merely has not processed that yet; if so, it allows one more step.
/// </summary>
public sealed class ConnectionLimit : IDisposable
{
    // A TLS handshake waits for a thread about four times; ten delayed steps allow for more than that.
    private const int Steps = 10;

    private readonly CancellationTokenSource _source;
    private readonly Func<bool> _isRouterLate;
    private readonly TimeSpan _step;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private int _remaining = Steps;
    private bool _disposed;

    /// <summary>Starts the clock.</summary>
    /// <param name="limit">The timeout when Router itself is not delayed.</param>
    /// <param name="isRouterLate">Whether the peer has already responded.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels <see cref="Token"/> too.</param>
    public ConnectionLimit(TimeSpan limit, Func<bool> isRouterLate, TimeProvider time, CancellationToken cancellationToken)
    {
        _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        (_isRouterLate, _step) = (isRouterLate, limit / Steps);
        _timer = time.CreateTimer(static self => ((ConnectionLimit)self!).Step(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(_step, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Cancelled when the time has elapsed.</summary>
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
            _remaining--;
            if (_remaining > 0 || _isRouterLate())
            {
                _timer.Change(_step, Timeout.InfiniteTimeSpan);
                return;
            }
        }

        try
        {
            // Not under the lock: ending the attempt disposes this limit.
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The attempt has just ended.
        }
    }
}
