using System.Collections.Immutable;
using Router.Configuration;
using Router.Modes;
using Router.Proxy.InFlight;
using Router.Serving;
using Router.Switching;

namespace Router.Management;

/// <summary>Makes the document of the operator's page, from what the instances reported last.</summary>
public sealed class LiveDescriber(
    Fleet fleet,
    InstanceReporter instance,
    ModeController modes,
    ModeDescriber describer,
    StoreHealth health,
    CurrentSite site,
    FleetClock clock
)
{
    private const int MaxListed = 50;
    private const int MaxLines = 20;

    // A report that is younger than this fraction of its expiry is current. That is longer than the interval between two readings of the
    // store: otherwise every reading would be a change of every instance.
    private const double Current = 0.7;

    private readonly TrafficWindow _traffic = new();

    /// <summary>Describes the fleet as it is known now; the store is not read. For one caller at a time.</summary>
    /// <param name="expected">The numbers of instances that operators expect; null if an operator has given none.</param>
    public LiveDocument Describe(ImmutableArray<HistoryEntry> history, IEnumerable<int?> expected)
    {
        InstanceReport[] reports =
        [
            .. fleet.KnownOthers.Append(instance.Make(health.Problem)).OrderBy(report => report.Id, StringComparer.Ordinal),
        ];
        var (state, now, settings) = (modes.State, clock.GetUtcNow(), site.Current.Settings);
        var all = reports.Select(report => (Report: report, State: report.StateAt(now, fleet.HeartbeatExpiry))).ToArray();
        var live = all.Where(it => it.State == InstanceState.Live).Select(it => it.Report).ToArray();
        _traffic.Observe(live, now);
        return new LiveDocument
        {
            Site = SiteOf(settings),
            Mode = describer.Describe(state, reports) with { Now = DateTimeOffset.UnixEpoch, OverrunSeconds = null },
            Verdicts = [.. expected.Distinct().Select(expect => (expect, Verdict(reports, expect)))],
            Instances = [.. all.Select(it => Instance(it.Report, it.State, state, now))],
            InFlight = InFlight(live, state),
            Backends = [.. settings.Backends.Select(backend => Backend(backend, reports, live))],
            Writes =
            [
                .. reports
                    .SelectMany(report => report.UncertainWrites.Select(write => new LiveWrite(report.Name, write)))
                    .OrderByDescending(write => write.Write.Time)
                    .Take(MaxListed),
            ],
            History = history.Length > MaxListed ? history[^MaxListed..] : history,
        };
    }

    private LiveVerdict Verdict(InstanceReport[] reports, int? expect)
    {
        var verdict = fleet.Judge(reports, expect, health.Problem);
        return new LiveVerdict(
            verdict.State,
            verdict.Writers ?? "",
            Shortened(verdict.Reasons, (reason, text) => reason with { Text = text }),
            Shortened(verdict.Notes, (_, text) => text),
            verdict.IsAgreed
        );
    }

    // In a large fleet every instance may be one.
    private static ImmutableArray<T> Shortened<T>(ImmutableArray<T> lines, Func<T, string, T> last) =>
        lines.Length > MaxLines ? [.. lines[..MaxLines], last(lines[MaxLines], $"and {lines.Length - MaxLines} more")] : lines;

    private LiveSite SiteOf(RouterSettings settings) =>
        new(
            settings.Stage,
            IsProduction(settings.Stage),
            settings.Pages.ServiceName,
            instance.Name,
            [
                .. ModeCatalogue.All.Select(mode => new LiveModeChoice(
                    mode.Name,
                    mode.Summary,
                    mode.IsClosed,
                    mode.RestrictsAnything,
                    mode.HoldsAnything
                )),
            ],
            settings.ModeStore.DrainLimit.TotalSeconds,
            FleetDocument.MaxExpected
        );

    // production, prod, prod-eu, live.
    private static bool IsProduction(string? stage) =>
        stage is not null
        && (stage.StartsWith("prod", StringComparison.OrdinalIgnoreCase) || stage.Equals("live", StringComparison.OrdinalIgnoreCase));

    private LiveInstance Instance(InstanceReport report, InstanceState life, ModeState state, DateTimeOffset now) =>
        new(
            report.Id,
            report.Name,
            life,
            report.Mode,
            report.Version,
            report.Confirms(state.Record, state.RecordStep),
            report.Backends.Sum(backend => backend.InFlight),
            report.BlockingCount,
            report.OpenWriteCount,
            report.Testers,
            report.Held,
            report.HeldOldestSeconds,
            report.Cut,
            // Less is the jitter of its measurement.
            Math.Abs(report.WallClockAheadSeconds) < 0.3
                ? 0
                : Math.Round(report.WallClockAheadSeconds, 1),
            report.IsClockOff,
            life == InstanceState.Live && report.AgeAt(now) < fleet.HeartbeatExpiry * Current ? null : report.At,
            report.Problem
        );

    private static ImmutableArray<LiveRequest> InFlight(InstanceReport[] live, ModeState state)
    {
        var requests = new List<LiveRequest>();
        foreach (var report in live)
        {
            var cutAt = report.Since + (state.RecordStep.CutAfter ?? TimeSpan.FromSeconds(report.DrainLimitSeconds));
            requests.AddRange(report.Blocking.Select(request => Request(report, request, cutAt)));
            // A write that the mode closes is in both lists.
            requests.AddRange(
                report
                    .OpenWrites.Where(write => !report.Blocking.Any(other => other == write))
                    .Select(request => Request(report, request, null))
            );
        }

        return [.. requests.OrderBy(request => request.Since).Take(MaxListed)];
    }

    private static LiveRequest Request(InstanceReport report, InFlightRequest request, DateTimeOffset? cutAt) =>
        new(report.Name, report.At - TimeSpan.FromSeconds(request.AgeSeconds), cutAt, request with { AgeSeconds = 0 });

    private LiveBackend Backend(BackendSettings settings, InstanceReport[] reports, InstanceReport[] live)
    {
        var writes = reports.SelectMany(report => report.LastWrites).Where(write => IsOf(write.Backend, settings)).ToArray();
        var traffic = live.SelectMany(report => report.Backends).Where(backend => IsOf(backend.Backend, settings)).ToArray();
        var (requests, errors, latency) = _traffic.Of(settings.Name);
        return new LiveBackend(
            settings.Name,
            settings.Kind.JsonName(),
            writes.Max(write => write.Accepted),
            writes.Max(write => write.Completed),
            traffic.Sum(backend => backend.InFlight),
            traffic.Select(backend => backend.Circuit).DefaultIfEmpty().Max(),
            latency,
            requests,
            errors
        );
    }

    private static bool IsOf(string name, BackendSettings settings) => name.Equals(settings.Name, StringComparison.OrdinalIgnoreCase);
}
