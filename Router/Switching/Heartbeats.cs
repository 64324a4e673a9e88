namespace Router.Switching;

/// <summary>
/// When each of the other instances was last heard of, by this instance's own clock. A report says when it was made by the clock of who made it;
/// one that runs ahead would look alive long after its end, and one that runs behind would always look vanished.
/// What a store loses is not forgotten here: an instance that vanished must go on being named.
/// </summary>
public sealed class Heartbeats(TimeProvider time)
{
    /// <summary>For how long an instance that is gone is remembered: long enough for a post-mortem of the night before.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromDays(1);

    private readonly Lock _lock = new();
    private Dictionary<string, Beat> _beats = [];

    /// <summary>Takes note of what was read, and puts the moment at which each report was first seen in the place of its own.</summary>
    public IReadOnlyList<InstanceReport> Observe(IEnumerable<InstanceReport> reports)
    {
        var (now, beats) = (time.GetUtcNow(), new Dictionary<string, Beat>());
        lock (_lock)
        {
            foreach (var report in reports)
                beats[report.Id] = BeatOf(report, now);
            foreach (var (id, lost) in _beats)
            {
                if (!lost.Said.Stopped && AgeOf(lost) < Memory)
                    beats.TryAdd(id, lost);
            }

            _beats = beats;
        }

        return [.. beats.Values.Select(beat => beat.Said with { At = now - AgeOf(beat), ClockAheadSeconds = beat.Ahead })];
    }

    private TimeSpan AgeOf(Beat beat) => time.GetElapsedTime(beat.Heard) + beat.OlderBy;

    private Beat BeatOf(InstanceReport report, DateTimeOffset now)
    {
        var heard = time.GetTimestamp();
        // Nobody knows how long the first one that is read has been lying there: its own word must do, unless it is of the future.
        if (!_beats.TryGetValue(report.Id, out var last))
            return new Beat(report, heard, report.AgeAt(now), null);
        return last.Said.At == report.At ? last : new Beat(report, heard, TimeSpan.Zero, Math.Round((report.At - now).TotalSeconds, 1));
    }

    /// <summary>What was last heard of an instance.</summary>
    /// <param name="Said">What, as it stands in the store.</param>
    /// <param name="Heard">When, as a timestamp of this one's.</param>
    /// <param name="OlderBy">How much older it may have been then.</param>
    /// <param name="Ahead">By how many seconds its clock is ahead, less what the report took to get here; null where that is not known yet.</param>
    private sealed record Beat(InstanceReport Said, long Heard, TimeSpan OlderBy, double? Ahead);
}
