namespace Router.Tests.Harness;

/// <summary>
/// A clock that a test moves, and that once gives a thread the time of before while everything else goes on: as if the system had let that
/// thread wait right after it had read the clock.
/// </summary>
internal sealed class HesitantClock(ManualClock clock) : TimeProvider
{
    private (int Thread, Action Meanwhile)? _next;

    public override long TimestampFrequency => clock.TimestampFrequency;

    /// <summary>The next time that this thread asks for is one of before this happened.</summary>
    public void Hesitate(Action meanwhile) => _next = (Environment.CurrentManagedThreadId, meanwhile);

    public override DateTimeOffset GetUtcNow()
    {
        var now = clock.GetUtcNow();
        if (_next is { } next && next.Thread == Environment.CurrentManagedThreadId)
        {
            _next = null;
            next.Meanwhile();
        }

        return now;
    }

    public override long GetTimestamp() => clock.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        clock.CreateTimer(callback, state, dueTime, period);
}
