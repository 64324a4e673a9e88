namespace Router.Modes;

/// <summary>
/// Notices that this process was paused. It wakes up with requests in its queues and the mode from before the pause: none of them is
/// forwarded until an attempt to ask the store, started after the pause, has ended. A store that is slow or does not answer is not a
/// pause: the last known mode applies, and no request waits.
/// </summary>
public sealed class StoreContact : IDisposable
{
    // An attempt ends within seconds by itself; this is for a process that gets no processor to make one.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly long _shortestPause;
    private readonly ITimer _timer;
    private long _ran;
    private long _resumed;
    private long _tried;
    private TaskCompletionSource _next = New();

    /// <summary>Before the first attempt the store has not been asked: an instance serves only once it is registered.</summary>
    /// <param name="time">The monotonic clock.</param>
    /// <param name="expiry">After how long without a report the others call an instance vanished.</param>
    public StoreContact(TimeProvider time, TimeSpan expiry)
    {
        _time = time;
        // An instance reports each second. Unless it is paused for most of the expiry, the others still count on it.
        _shortestPause = (long)(expiry.TotalSeconds / 2 * time.TimestampFrequency);
        // Three ticks may be late or lost on a busy machine before that looks like a pause.
        Interval = expiry / 8;
        _ran = _resumed = time.GetTimestamp();
        _tried = _resumed - 1;
        _timer = time.CreateTimer(static self => ((StoreContact)self!).OnTimer(), this, Interval, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How often the process shows that it runs.</summary>
    public TimeSpan Interval { get; }

    /// <summary>
    /// Whether the mode may have changed unnoticed before a moment: no attempt that was started since the last pause has ended.
    /// </summary>
    /// <param name="now">A timestamp of the monotonic clock.</param>
    public bool IsStaleAt(long now) =>
        // The timer may not have run since the pause. Where it has, it wrote these in the other order.
        now - Volatile.Read(ref _ran)
            > _shortestPause
        || Volatile.Read(ref _tried) < Volatile.Read(ref _resumed);

    /// <summary>The process runs. After a pause this is where the pause is noticed.</summary>
    /// <returns>A timestamp: an attempt that starts now started after every pause so far.</returns>
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

    /// <summary>An attempt has ended, whether the store answered or not: where it does not answer, the last known mode applies.</summary>
    /// <param name="begun">When it was started: what it read may be as old as that.</param>
    public void Tried(long begun)
    {
        // The process may have been paused during the attempt.
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

    /// <summary>Waits, for a bounded time, until the store was asked after a moment.</summary>
    public async Task WaitAsync(long now, CancellationToken cancellation)
    {
        var began = _time.GetTimestamp();
        while (IsStaleAt(now) && LongestWait - _time.GetElapsedTime(began) is var left && left > TimeSpan.Zero)
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
