using System.Collections.Immutable;
using Router.Admission;
using Router.Management;
using Router.Switching;

namespace Router.Cli.Downtime;

/// <summary>Makes the report of a window.</summary>
internal static class WindowReportBuilder
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
        var drained = own.Where(entry => entry.Kind == HistoryKind.Drained).ToLookup(entry => entry.Instance);
        ImmutableArray<InstanceSummary> instances =
        [
            .. (last?.Instances ?? [])
                .Where(instance => instance.State != InstanceState.Stopped || CountOf(instance.Report, window) is not null)
                .Select(instance => Summary(instance, window, drained[instance.Report.Name])),
        ];
        var uncertain = closed?.Instances.Select(instance => instance.Report).ToArray() ?? [];
        return new WindowReport
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
            Cut = own.Sum(entry => entry.Cut ?? 0),
            Rejected = instances.Sum(instance => instance.Rejected),
            RejectedWrites = instances.Sum(instance => instance.RejectedWrites),
            Bypassed = instances.Sum(instance => instance.Bypassed),
            Bypasses = [.. own.Where(entry => entry.Kind is HistoryKind.Bypass or HistoryKind.Revoked)],
            LastWrites = progress.AtSafe?.LastWrites ?? [],
            UncertainCount = uncertain.Sum(report => report.UncertainCount),
            UncertainWrites = [.. uncertain.SelectMany(report => report.UncertainWrites).OrderBy(write => write.Time)],
            Instances = instances,
            HostAheadSeconds = Math.Round(hostAhead.TotalSeconds, 1),
            History = [.. own.Where(entry => entry.Kind != HistoryKind.Drained)],
        };
    }

    private static WindowCount? CountOf(InstanceReport report, string window) =>
        report.WindowCount is { } count && count.Window == window ? count : null;

    private static InstanceSummary Summary(InstanceDocument instance, string window, IEnumerable<HistoryEntry> drained)
    {
        var (report, count) = (instance.Report, CountOf(instance.Report, window));
        var entries = drained.ToArray();
        return new InstanceSummary(
            report.Id,
            instance.State,
            report.Started,
            report.Mode,
            entries.Max(entry => entry.DrainedAfter),
            entries.Sum(entry => entry.Cut ?? 0),
            count?.Rejected ?? 0,
            count?.RejectedWrites ?? 0,
            count?.Bypassed ?? 0,
            report.WallClockAheadSeconds
        );
    }
}
