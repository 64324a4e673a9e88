using System.Collections.Immutable;
using Router.Management;
using Router.Reports;
using Router.Switching;

namespace Router.Cli.Downtime;

/// <summary>Makes the report of a window that the tool ran.</summary>
internal static class DowntimeReportBuilder
{
    /// <summary>Makes it.</summary>
    /// <param name="progress">What the tool has seen.</param>
    /// <param name="outcome">How the window ended.</param>
    /// <param name="now">The fleet's state now; null if no instance responds.</param>
    /// <param name="history">The fleet's history.</param>
    /// <param name="hostAhead">By how much this machine's clock is ahead of the fleet's.</param>
    public static WindowReport Build(
        DowntimeProgress progress,
        string outcome,
        FleetDocument? now,
        ImmutableArray<HistoryEntry> history,
        TimeSpan hostAhead
    )
    {
        var window = progress.Window ?? "";
        // The state in which the window was in force: what was cut is counted up to the next step.
        var closed = progress.Latest ?? progress.AtSafe;
        var last = now ?? closed;
        var until = progress.Opened;
        ImmutableArray<HistoryEntry> own =
        [
            .. history.Where(entry => entry.Version >= progress.Made && (progress.Opened is null || entry.Time <= progress.Opened)),
        ];
        var uncertain = closed?.Instances.Select(instance => instance.Report).ToArray() ?? [];
        var report = new WindowReport
        {
            Window = window,
            Outcome = outcome,
            Step = progress.Step,
            Mode = progress.Plan.Mode,
            By = progress.Plan.By,
            Reason = closed?.Current.Reason ?? progress.Plan.Reason,
            Ticket = closed?.Current.Ticket ?? progress.Plan.Ticket,
            Host = progress.Host,
            Command = progress.Plan.Command,
            ExitCode = progress.ExitCode,
            ClosedFrom = progress.Closed,
            ClosedUntil = until,
            ClosedSeconds = progress.Closed is { } from ? Math.Max(0, ((until ?? last?.Current.Now ?? from) - from).TotalSeconds) : 0,
            AnnouncedEnd = closed?.Current.Until,
            SafeAt = progress.Safe,
            Verdict = progress.AtSafe?.Verdict,
            Events = progress.Events,
            Checks = progress.Checks,
            LastWrites = progress.AtSafe?.LastWrites ?? [],
            UncertainCount = uncertain.Sum(report => report.UncertainCount),
            UncertainWrites = [.. uncertain.SelectMany(report => report.UncertainWrites).OrderBy(write => write.Time)],
            HostAheadSeconds = Math.Round(hostAhead.TotalSeconds, 1),
        };
        return new FleetPart(own, (last?.Instances ?? []).Select(instance => (instance.State, instance.Report)), it => it == window).AddTo(
            report
        );
    }
}
