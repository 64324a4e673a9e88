using System.Collections.Immutable;
using System.Globalization;
using Router.Modes;

namespace Router.Switching;

/// <summary>Whether it is safe to begin what the downtime is for: a pure function of the record and of what the instances report.</summary>
/// <param name="IsSafe">Whether it is.</param>
/// <param name="Reasons">Why it is not; empty where it is.</param>
/// <param name="Remarks">What does not stand in the way and is worth knowing.</param>
public sealed record Verdict(bool IsSafe, ImmutableArray<string> Reasons, ImmutableArray<string> Remarks)
{
    // Who was gone long before the switch had no part in it.
    private static readonly TimeSpan Concerned = TimeSpan.FromMinutes(10);

    // A report is on its way for a second or two.
    private const double ClocksDiffer = 3;

    /// <summary>One line: <c>SAFE</c>, or <c>NOT SAFE</c> and why.</summary>
    public string Text => IsSafe ? "SAFE" : $"NOT SAFE: {string.Join("; ", Reasons)}";

    /// <summary>
    /// Safe when every instance with a live heartbeat, and at least as many as expected, has confirmed the record and its step in force and has
    /// nothing in flight to what the step closes. One that vanished without having said so may be alive and open, only cut off from the store:
    /// it stands in the way unless somebody has said how many instances there are. So does a store that they can't report to.
    /// </summary>
    public static Verdict Of(ModeRecord record, ModeStep step, IEnumerable<InstanceReport> reports, DateTimeOffset now, TimeSpan heartbeatExpiry, int? expect, string? isolation = null)
    {
        var (reasons, remarks) = (ImmutableArray.CreateBuilder<string>(), ImmutableArray.CreateBuilder<string>());
        var here = 0;
        if (!step.Mode.ClosesAnything)
            reasons.Add($"the mode is {step.Mode}, which closes nothing");
        // It sees only itself then, and "all that I see are quiet" would be a lie.
        if (isolation is not null)
            (expect is null ? reasons : remarks).Add($"the instances can't see each other ({isolation}): this is said of one alone{(expect is null ? ", so ask each of them with --expect 1" : "")}");
        foreach (var report in reports.OrderBy(report => report.Id, StringComparer.Ordinal))
        {
            var confirmed = report.Version == record.Version && report.StepMade == step.Made && report.Mode == step.Mode.Name;
            // A stop in order ends what was in flight, or the platform's kill did: nobody sends anything from there any more.
            if (report.Stopped)
                continue;
            if (!report.IsLiveAt(now, heartbeatExpiry))
                Vanished(report, confirmed);
            else if (!confirmed)
                reasons.Add($"{report.Name} has not confirmed version {record.Version} ({step.Mode}): it has version {report.Version} ({report.Mode})");
            else if (report.Held > 0)
                reasons.Add(Holding(report));
            else
                here++;
            if (report.ClockAheadSeconds is { } ahead && Math.Abs(ahead) > ClocksDiffer && report.IsLiveAt(now, heartbeatExpiry))
                remarks.Add(string.Create(CultureInfo.InvariantCulture, $"{report.Name}'s clock is {Math.Abs(ahead):F0} s {(ahead > 0 ? "ahead: it switches that much earlier" : "behind: it switches that much later")}"));
            if (report is { Stopped: false, Testers: > 0 } && report.IsLiveAt(now, heartbeatExpiry))
                remarks.Add($"{report.Name} has {report.Testers} in flight of testers, which are not counted: they may write");
        }

        if (expect is { } expected && here < expected && reasons.Count == 0)
            reasons.Add($"{here} of {expected} expected instances {(here == 1 ? "is" : "are")} here");
        return new Verdict(reasons.Count == 0, reasons.ToImmutable(), remarks.ToImmutable());

        void Vanished(InstanceReport report, bool confirmed)
        {
            if (report.At < step.At - Concerned)
                return;
            var seen = string.Create(CultureInfo.InvariantCulture, $"{report.Name} vanished and was last seen at {report.At.UtcDateTime:HH:mm:ss'Z'}");
            if (confirmed && report.Held == 0)
                remarks.Add($"{seen}, when it had nothing in flight any more");
            else if (expect is not null)
                remarks.Add($"{seen}, before it had drained");
            else
                reasons.Add($"{seen}, before it had drained: if it runs no more, say how many instances there are (--expect)");
        }
    }

    private static string Holding(InstanceReport report)
    {
        var held = $"{report.Name} has {report.Held} in flight";
        return report.InTheWay is [var oldest, ..]
            ? string.Create(CultureInfo.InvariantCulture, $"{held}, the oldest for {oldest.AgeSeconds:F0} s: {(oldest.IsUpgraded ? "upgraded " : "")}{oldest.Method} {oldest.Host}{oldest.Path}")
            : held;
    }
}
