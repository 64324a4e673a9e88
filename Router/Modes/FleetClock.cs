namespace Router.Modes;

/// <summary>
/// The clock shared by all instances: the store's, tracked against this machine's monotonic clock. A wall clock that is wrong or is set has
/// no effect. Until the store has responded, and if it has no clock of its own, the host's wall clock is used.
/// </summary>
public sealed class FleetClock(TimeProvider host) : TimeProvider
{
    // A machine's clock may run this much faster or slower than the store's (NTP slews by up to 500 ppm): a sample becomes uncertain at
    // this rate.
    private const double Drift = 0.0005;

    private volatile Sample? _sample;

    public override long TimestampFrequency => host.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => host.LocalTimeZone;

    /// <summary>How far the host's wall clock is ahead of the fleet's; negative if it is behind. Logs use the wall clock.</summary>
    public TimeSpan WallClockAhead => host.GetUtcNow() - GetUtcNow();

    public override DateTimeOffset GetUtcNow() =>
        _sample is { } sample ? sample.Time + host.GetElapsedTime(sample.Timestamp) : host.GetUtcNow();

    public override long GetTimestamp() => host.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        host.CreateTimer(callback, state, dueTime, period);

    /// <summary>Records a reading of the store's clock that was made at some moment between two timestamps.</summary>
    public void Observe(DateTimeOffset stored, long asked, long received)
    {
        // Half the round trip is the best estimate, and also the maximum error.
        var half = host.GetElapsedTime(asked, received) / 2;
        var reading = new Sample(stored + half, received, half);
        if (_sample is not { } known)
        {
            _sample = reading;
            return;
        }

        var age = host.GetElapsedTime(known.Timestamp, received);
        var uncertainty = known.Uncertainty + (age * Drift);
        var difference = (reading.Time - (known.Time + age)).Duration();
        // Keep the more precise of the two; use the new one if they contradict each other: the store's clock was set, or another server
        // took over.
        if (half <= uncertainty || difference > half + uncertainty)
            _sample = reading;
    }

    /// <param name="Time">The store's clock.</param>
    /// <param name="Timestamp">The monotonic clock at that moment.</param>
    /// <param name="Uncertainty">The maximum error between the two.</param>
    private sealed record Sample(DateTimeOffset Time, long Timestamp, TimeSpan Uncertainty);
}
