namespace Router.Modes;

/// <summary>
/// Detects that this process was suspended. It wakes up with requests in its queues and the mode from before the suspension: none of them
/// is forwarded until an attempt to read the store, started after the suspension, has ended. A slow or unresponsive store is not a
/// suspension: the last known mode applies, and no request waits.
/// </summary>
public sealed class StoreContact : IDisposable
{
    // An attempt ends within seconds by itself; this covers a process that gets no processor time to make one.
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly long _shortestPause;
    private readonly ITimer _timer;
    private long _ran;
    private long _resumed;
    private long _tried;
    private TaskCompletionSource _next = New();

    /// <summary>Before the first attempt the store has not been read: an instance serves only once it is registered.</summary>
    /// <param name="time">The monotonic clock.</param>
    /// <param name="expiry">How long without a report before the others consider an instance vanished.</param>
    public StoreContact(TimeProvider time, TimeSpan expiry)
    {
        _time = time;
        // An instance reports each second. Unless it is suspended for most of the expiry, the others still count on it.
        _shortestPause = (long)(expiry.TotalSeconds / 2 * time.TimestampFrequency);
        // Three ticks may be late or lost on a busy machine before that looks like a suspension.
        Interval = expiry / 8;
        _ran = _resumed = time.GetTimestamp();
        _tried = _resumed - 1;
        _timer = time.CreateTimer(static self => ((StoreContact)self!).OnTimer(), this, Interval, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How often the process records that it runs.</summary>
    public TimeSpan Interval { get; }

    /// <summary>
    /// Whether the mode may have changed unnoticed before a given moment: no attempt that was started since the last suspension has ended.
    /// </summary>
    /// <param name="now">A timestamp of the monotonic clock.</param>
    public bool IsStaleAt(long now) =>
        // The timer may not have run since the suspension. If it has, it wrote these in the opposite order.
        now - Volatile.Read(ref _ran)
            > _shortestPause
        || Volatile.Read(ref _tried) < Volatile.Read(ref _resumed);

    /// <summary>Records that the process runs. After a suspension, this is where it is detected.</summary>
    /// <returns>A timestamp: an attempt that starts now started after every suspension so far.</returns>
    public long Runs()
    {
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            if (now - _ran > _shortestPause)
                Volatile.Write(ref _resumed, now);
            Volatile.Write(ref _ran, now);
            return now;
        }
    }

    /// <summary>
    /// Records that an attempt has ended, whether the store responded or not: if it does not respond, the last known mode applies.
    /// </summary>
    /// <param name="begun">When the attempt was started: what it read may be as old as that.</param>
    public void Tried(long begun)
    {
        // The process may have been suspended during the attempt.
        Runs();
        TaskCompletionSource next;
        lock (_lock)
        {
            if (begun > _tried)
                Volatile.Write(ref _tried, begun);
            (next, _next) = (_next, New());
        }

        next.TrySetResult();
    }

    /// <summary>Waits, for a bounded time, until the store was read after a given moment.</summary>
    public async Task WaitAsync(long now, CancellationToken cancellation)
    {
        var began = _time.GetTimestamp();
        while (IsStaleAt(now) && MaxWait - _time.GetElapsedTime(began) is var left && left > TimeSpan.Zero)
        {
            Task next;
            lock (_lock)
                next = _next.Task;
            if (!IsStaleAt(now))
                return;
            await next.WaitAsync(left, _time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellation.ThrowIfCancellationRequested();
        }
    }

    public void Dispose() => _timer.Dispose();

    private void OnTimer()
    {
        Runs();
        _timer.Change(Interval, Timeout.InfiniteTimeSpan);
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
