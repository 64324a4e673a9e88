namespace Router.Modes;

/// <summary>
/// The clock that all instances share: the store's, tracked against this machine's monotonic clock. A wall clock that is wrong or that
/// is set changes nothing. Until the store has answered, and where it has no clock of its own, it is the host's wall clock.
/// </summary>
public sealed class FleetClock(TimeProvider host) : TimeProvider
{
    // A machine's clock may run by this much faster or slower than the store's (NTP slews by up to 500 ppm): by so much a sample ages.
    private const double Drift = 0.0005;

    private volatile Sample? _sample;

    public override long TimestampFrequency => host.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => host.LocalTimeZone;

    /// <summary>
    /// By how much the host's wall clock is ahead of the fleet's, negative where it is behind. Logs carry the wall clock.
    /// </summary>
    public TimeSpan WallClockAhead => host.GetUtcNow() - GetUtcNow();

    public override DateTimeOffset GetUtcNow() =>
        _sample is { } sample ? sample.Time + host.GetElapsedTime(sample.Timestamp) : host.GetUtcNow();

    public override long GetTimestamp() => host.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        host.CreateTimer(callback, state, dueTime, period);

    /// <summary>Takes a reading of the store's clock, which was made at some moment between two timestamps.</summary>
    public void Observe(DateTimeOffset stored, long asked, long answered)
    {
        // Half the round trip is the best guess, and also the most by which it can be wrong.
        var half = host.GetElapsedTime(asked, answered) / 2;
        var reading = new Sample(stored + half, answered, half);
        if (_sample is not { } known)
        {
            _sample = reading;
            return;
        }

        var age = host.GetElapsedTime(known.Timestamp, answered);
        var uncertainty = known.Uncertainty + (age * Drift);
        var difference = (reading.Time - (known.Time + age)).Duration();
        // The better of the two; and the new one where both can't be right: the store's clock was set, or another server took over.
        if (half <= uncertainty || difference > half + uncertainty)
            _sample = reading;
    }

    /// <param name="Time">The store's clock.</param>
    /// <param name="Timestamp">The monotonic clock at that moment.</param>
    /// <param name="Uncertainty">The most by which the two can be apart.</param>
    private sealed record Sample(DateTimeOffset Time, long Timestamp, TimeSpan Uncertainty);
}
