namespace Router.Tests.SafeModel;

/// <summary>
/// An instance's clock: monotonic, and off by what the round trip to the store leaves uncertain, or by its wall clock's error.
/// </summary>
internal sealed class SimClock(SimTime time, TimeSpan error) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => time.Clock + error;

    public override long GetTimestamp() => time.Now * TimeSpan.TicksPerMillisecond;

    // A timer never lets a request through or keeps one: the mode is asked with each request, and each beat.
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new NoTimer();

    private sealed class NoTimer : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose() { }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
