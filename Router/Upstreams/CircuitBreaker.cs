using Polly;
using Polly.CircuitBreaker;
using Router.Configuration;
using Router.Http;

namespace Router.Upstreams;

/// <summary>
/// The circuit breaker of one IP address. Consecutive failures open it; while it is open, no request waits for that address. No request is
/// used to find out whether the address has recovered: connection attempts run in the background, soon at first and then at increasing
/// intervals, and the first successful one closes the breaker.
/// </summary>
public sealed class CircuitBreaker
{
    private static readonly TimeSpan FirstProbe = TimeSpan.FromMilliseconds(100);

    private readonly BackendSettings _backend;
    private readonly TimeProvider _time;
    private readonly AsyncCircuitBreakerPolicy _policy;
    private volatile bool _isOpen;
    private volatile bool _isSuspect;
    private long _probedAt;
    private TimeSpan _untilProbe;
    private Task _probe = Task.CompletedTask;

    /// <summary>Creates a closed circuit breaker.</summary>
    public CircuitBreaker(BackendSettings backend, TimeProvider time)
    {
        (_backend, _time) = (backend, time);
        // The policy only counts failures. It never lets a trial request through: only Close() ends the break.
        _policy = Policy
            .Handle<BackendException>()
            .CircuitBreakerAsync(backend.BreakerFailures, TimeSpan.MaxValue, (_, _) => _isOpen = true, () => _isOpen = false);
    }

    /// <summary>Whether the breaker is open: no connection is attempted for a request.</summary>
    public bool IsOpen => _isOpen;

    /// <summary>Whether the last attempt failed, or another address was faster although its attempt started later.</summary>
    public bool IsSuspect => _isSuspect;

    /// <summary>Attempts to connect and counts the outcome. An attempt that its caller cancels is not counted.</summary>
    /// <exception cref="BackendException">The attempt failed, or the breaker is open.</exception>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> connect, CancellationToken cancellationToken)
    {
        try
        {
            var connected = await _policy.ExecuteAsync(connect, cancellationToken).ConfigureAwait(false);
            Close();
            return connected;
        }
        catch (BrokenCircuitException open)
        {
            throw new BackendException(ForwardFailure.CircuitOpen, notBegun: true, cause: open);
        }
        catch (BackendException)
        {
            MarkSuspect();
            throw;
        }
    }

    /// <summary>Another address was faster although its attempt started later.</summary>
    public void MarkSuspect()
    {
        if (_isSuspect)
            return;
        (_probedAt, _untilProbe) = (_time.GetTimestamp(), Shorter(FirstProbe, _backend.BreakerDuration));
        _isSuspect = true;
    }

    /// <summary>Resets all failures.</summary>
    public void Close()
    {
        _isSuspect = false;
        if (_isOpen)
            _policy.Reset();
    }

    /// <summary>Starts an attempt in the background if one is due. Must not be called concurrently.</summary>
    public void ProbeIfDue<T>(Func<CancellationToken, Task<T>> connect, CancellationToken stopping)
        where T : IDisposable?
    {
        if (!_isSuspect || !_probe.IsCompleted || _time.GetElapsedTime(_probedAt) < _untilProbe)
            return;
        (_probedAt, _untilProbe) = (_time.GetTimestamp(), Shorter(_untilProbe * 2, _backend.BreakerDuration));
        _probe = ProbeAsync(connect, stopping);
    }

    private async Task ProbeAsync<T>(Func<CancellationToken, Task<T>> connect, CancellationToken stopping)
        where T : IDisposable?
    {
        try
        {
            using var connected = _isOpen
                ? await connect(stopping).ConfigureAwait(false)
                : await RunAsync(connect, stopping).ConfigureAwait(false);
            Close();
        }
        catch (Exception failure) when (failure is BackendException || stopping.IsCancellationRequested)
        {
            // The next attempt is scheduled anyway.
        }
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
