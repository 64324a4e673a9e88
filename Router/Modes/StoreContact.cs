namespace Router.Modes;

/// <summary>
/// When this instance last tried to learn the mode, and when it last did. A process that was paused wakes up with requests in its queues
/// and a mode from before: such a request waits until the store has been asked again.
/// </summary>
public sealed class StoreContact(TimeProvider time, TimeSpan expiry)
{
    // An attempt ends within seconds by itself; this is for a process that gets no processor to make one.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly long _expiry = (long)(expiry.TotalSeconds * time.TimestampFrequency);
    // Before the first attempt nothing is known: an instance serves only once it is registered.
    private long _tried = time.GetTimestamp() - (long)(expiry.TotalSeconds * time.TimestampFrequency) - 1;
    private TaskCompletionSource _next = New();

    /// <summary>Whether the mode may have changed unnoticed before a moment: no attempt that has ended was begun since the heartbeat expired.</summary>
    /// <param name="now">A timestamp of the monotonic clock.</param>
    public bool IsStaleAt(long now) => now - Volatile.Read(ref _tried) > _expiry;

    /// <summary>An attempt has ended, whether the store answered or not. One that failed proves at least that this process runs.</summary>
    /// <param name="begun">When it was begun: what it read may be as old as that.</param>
    public void Tried(long begun)
    {
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
        var began = time.GetTimestamp();
        while (IsStaleAt(now) && LongestWait - time.GetElapsedTime(began) is var left && left > TimeSpan.Zero)
        {
            Task next;
            lock (_lock)
                next = _next.Task;
            if (!IsStaleAt(now))
                return;
            await next.WaitAsync(left, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellation.ThrowIfCancellationRequested();
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
