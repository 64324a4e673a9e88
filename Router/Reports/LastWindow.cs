using System.Collections.Immutable;
using Router.Modes;
using Router.Proxy.InFlight;
using Router.Switching;

namespace Router.Reports;

/// <summary>The last window of downtime, according to the fleet's history.</summary>
/// <param name="From">When it closed something.</param>
/// <param name="Until">When it opened everything; null while it does not.</param>
/// <param name="Entries">The history from its beginning to its end.</param>
internal sealed record LastWindow(DateTimeOffset From, DateTimeOffset? Until, ImmutableArray<HistoryEntry> Entries)
{
    /// <summary>Finds it; null if nothing was closed as far back as the history goes.</summary>
    public static LastWindow? Of(ImmutableArray<HistoryEntry> history, DateTimeOffset now)
    {
        (int Index, DateTimeOffset From)? begin = null;
        DateTimeOffset? until = null;
        for (var i = 0; i < history.Length; i++)
        {
            var entry = history[i];
            if (!entry.Kind.SetsMode() || entry.Effect > now || !HistoryEffects.TookEffect(history, i))
                continue;
            if (!ModeCatalogue.RestrictsAnything(entry.Mode))
                until ??= entry.Effect;
            else if (begin is null || until is not null)
                (begin, until) = ((i, entry.Effect), null);
        }

        return begin is not { } first
            ? null
            : new LastWindow(first.From, until, [.. history[first.Index..].Where(entry => until is null || entry.Time <= until)]);
    }

    /// <summary>The report, with what only the fleet knows.</summary>
    /// <param name="instances">The instances with what they reported last.</param>
    /// <param name="state">The verdict now.</param>
    /// <param name="verdict">The same in one line.</param>
    /// <param name="self">The instance that makes the report.</param>
    /// <param name="now">The fleet's clock.</param>
    public WindowReport Report(
        IReadOnlyList<(InstanceState State, InstanceReport Report)> instances,
        VerdictState state,
        string verdict,
        InstanceReport self,
        DateTimeOffset now
    )
    {
        // A window is named after the change that began it; of a site that closed by itself, after the first change of an operator.
        var names = Entries
            .Where(entry => entry.Kind.SetsMode())
            .Select(entry => ModeChanges.WindowOf(entry.At ?? entry.Time, entry.Version))
            .ToArray();
        var amendments = Entries.Where(entry =>
            entry.Kind is HistoryKind.Set or HistoryKind.Extended && ModeCatalogue.RestrictsAnything(entry.Mode)
        );
        var uncertain = instances.SelectMany(it => it.Report.UncertainWrites).ToArray();
        var report = new WindowReport
        {
            Window = instances.Select(it => it.Report.WindowCount?.Window).FirstOrDefault(names.Contains) ?? names[0],
            Outcome = Until is null ? verdict : $"The window is over: {verdict}",
            Mode = string.Join(", ", Entries.Where(entry => entry.Kind.SetsMode()).Select(entry => entry.Mode).Distinct()),
            By = Entries[0].By ?? OperatorText.Unnamed,
            Reason = amendments.Select(entry => entry.Reason).LastOrDefault(reason => reason is not null),
            Ticket = amendments.Select(entry => entry.Ticket).LastOrDefault(ticket => ticket is not null),
            Host = self.Name,
            ClosedFrom = From,
            ClosedUntil = Until,
            ClosedSeconds = Math.Max(0, ((Until ?? now) - From).TotalSeconds),
            AnnouncedEnd = amendments.Select(entry => entry.Until).LastOrDefault(until => until is not null),
            State = state,
            Verdict = Until is null ? verdict : null,
            LastWrites = BackendWrites.Latest(Entries.SelectMany(entry => entry.LastWrites ?? [])),
            // The instances report what they have kept since they started, or since the window began while it lasts.
            UncertainCount = instances.Sum(it => it.Report.UncertainCount) - uncertain.Count(write => !Has(write)),
            UncertainWrites = [.. uncertain.Where(Has).OrderBy(write => write.Time)],
            HostAheadSeconds = Math.Round(self.WallClockAheadSeconds, 1),
        };
        return new FleetPart(Entries, instances, names.Contains).AddTo(report);
    }

    private bool Has(UncertainWrite write) => write.Time >= From - InstanceReporter.Before && !(write.Time > Until);
}
