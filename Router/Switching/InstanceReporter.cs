using System.Collections.Immutable;
using Router.Admission;
using Router.Configuration;
using Router.Holding;
using Router.Metrics;
using Router.Modes;
using Router.Proxy.InFlight;
using Router.Upstreams;

namespace Router.Switching;

/// <summary>Makes the reports of what this instance has confirmed and has in flight. Making a report changes nothing.</summary>
public sealed class InstanceReporter(
    ModeController modes,
    InFlightRequests inFlight,
    UncertainWrites uncertain,
    UpstreamRegistry upstreams,
    Drain drain,
    WindowCounts counts,
    StageTraffic stages,
    HeldRequests hold,
    RouterSettings settings,
    FleetClock clock
)
{
    private const int MaxBlocking = 20;
    private const int MaxWrites = 50;

    /// <summary>A write that failed so shortly before the window often failed because of the coming switch.</summary>
    public static readonly TimeSpan Before = TimeSpan.FromMinutes(1);

    private readonly long _started = clock.GetTimestamp();

    public string Name => settings.Instance;

    // 32 random bits. RandomNumberGenerator would load OpenSSL, which adds 3 ms and 4 MB to a start that does not need it.
    public string Id { get; } = $"{settings.Instance}/{Guid.NewGuid().ToString("N")[..8]}";

    /// <summary>The longest <c>WriteSettleTime</c> of all backends, in seconds.</summary>
    public double WriteSettleSeconds =>
        upstreams.All.Select(upstream => upstream.Settings.WriteSettleTime.TotalSeconds).DefaultIfEmpty().Max();

    /// <summary>A report by the state now.</summary>
    /// <param name="problem">What is wrong with the store.</param>
    /// <param name="stopped">Whether it is the last report of this instance.</param>
    public InstanceReport Make(string? problem, bool stopped = false)
    {
        // The state first: a request that arrives later meets it. The writes in flight before those of unknown outcome: a write that ends
        // in between is in both lists, and never in neither.
        var state = modes.State;
        var held = inFlight.BlockingFor(state);
        var writes = inFlight.Writes();
        var now = clock.GetUtcNow();
        var window = state.Mode.RestrictsAnything ? state.WindowSince - Before : DateTimeOffset.MinValue;
        var (waiting, oldest) = hold.Waiting;
        // A write that the mode closes is in both lists, described once: readers recognize it.
        var described = new Dictionary<RequestContext, InFlightRequest>();
        var unknown = uncertain.Since(DateTimeOffset.MinValue).Where(write => write.Time >= window || write.SettlesAt > now).ToArray();
        var report = new InstanceReport
        {
            Name = Name,
            Id = Id,
            At = now,
            Started = now - clock.GetElapsedTime(_started),
            Process = ProcessIdentity.Own,
            Stopped = stopped,
            Version = state.Record.Version,
            StepMade = state.Step.Made,
            Mode = state.Mode.Name,
            Since = state.Since,
            BlockingCount = held.Count,
            BlockingUpgradedCount = held.Count(record => record.IsUpgraded),
            Testers = inFlight.CountTesters(),
            Blocking = [.. held.OrderBy(record => record.Arrived).Take(MaxBlocking).Select(Describe)],
            Held = waiting,
            HeldOldestSeconds = Math.Round(oldest.TotalSeconds, 1),
            HoldOverdueSeconds = Math.Round(hold.OverdueIn(state, now).TotalSeconds),
            OpenWriteCount = writes.Count,
            OpenWrites = [.. writes.OrderBy(record => record.Arrived).Take(MaxWrites).Select(Describe)],
            LastWrites = LastWrites(),
            Backends = Backends(),
            Stage = stages.Current is { } stage ? StageReport.Of(stage) : null,
            Cut = drain.CutCount,
            WindowCount = counts.Current,
            UncertainCount = unknown.Length,
            UncertainWrites = [.. unknown.TakeLast(MaxWrites)],
            UncertainSettledBy = uncertain.SettledBy,
            WriteSettleSeconds = WriteSettleSeconds,
            DrainLimitSeconds = settings.ModeStore.DrainLimit.TotalSeconds,
            LeaseSeconds = settings.ModeStore.Lease?.TotalSeconds,
            WallClockAheadSeconds = Math.Round(clock.WallClockAhead.TotalSeconds, 3),
            Problem = problem,
        };
        return stopped && writes.Count > 0 ? report.Ended(now) : report;

        InFlightRequest Describe(RequestContext request) =>
            described.TryGetValue(request, out var known) ? known : described[request] = request.Describe();
    }

    /// <summary>The last writes of every backend that had one.</summary>
    public ImmutableArray<BackendWrites> LastWrites() =>
        [
            .. from entry in upstreams.LastWrites
            where entry.Value.Accepted is not null
            select new BackendWrites(entry.Key, entry.Value.Accepted, entry.Value.Completed),
        ];

    private ImmutableArray<BackendTraffic> Backends() =>
        [
            .. from entry in upstreams.Totals
            let totals = entry.Value
            let inFlight = upstreams.InFlight(entry.Key)
            where totals.Requests > 0 || inFlight > 0
            select new BackendTraffic(
                entry.Key,
                totals.Requests,
                totals.Errors,
                Math.Round(totals.Duration.TotalSeconds, 3),
                inFlight,
                upstreams.Circuit(entry.Key)
            ),
        ];
}
