using System.Collections.Immutable;
using Router.Admission;
using Router.Switching;

namespace Router.Reports;

/// <summary>The part of a report that comes from the fleet's history and its instances, regardless of who makes the report.</summary>
/// <param name="Entries">The history of the window.</param>
/// <param name="Instances">The instances with what they reported last.</param>
/// <param name="IsOwn">Whether counts of a window belong to this one.</param>
internal sealed record FleetPart(
    ImmutableArray<HistoryEntry> Entries,
    IEnumerable<(InstanceState State, InstanceReport Report)> Instances,
    Func<string, bool> IsOwn
)
{
    public WindowReport AddTo(WindowReport report)
    {
        var drained = Entries.Where(entry => entry.Kind == HistoryKind.Drained).ToLookup(entry => entry.Instance);
        ImmutableArray<InstanceSummary> instances =
        [
            .. Instances
                .Where(it => it.State != InstanceState.Stopped || CountOf(it.Report) is not null)
                .Select(it => Summary(it.State, it.Report, drained[it.Report.Name])),
        ];
        return report with
        {
            Cut = Entries.Sum(entry => entry.Cut ?? 0),
            Rejected = instances.Sum(instance => instance.Rejected),
            RejectedWrites = instances.Sum(instance => instance.RejectedWrites),
            Bypassed = instances.Sum(instance => instance.Bypassed),
            Bypasses = [.. Entries.Where(entry => entry.Kind is HistoryKind.Bypass or HistoryKind.Revoked)],
            Instances = instances,
            History = [.. Entries.Where(entry => entry.Kind != HistoryKind.Drained)],
        };
    }

    private WindowCount? CountOf(InstanceReport report) =>
        report.WindowCount is { Window: { } window } count && IsOwn(window) ? count : null;

    private InstanceSummary Summary(InstanceState state, InstanceReport report, IEnumerable<HistoryEntry> drained)
    {
        var (count, entries) = (CountOf(report), drained.ToArray());
        return new InstanceSummary(
            report.Id,
            state,
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
