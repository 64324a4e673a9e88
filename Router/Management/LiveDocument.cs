using System.Collections.Immutable;
using Router.Modes;
using Router.Proxy.InFlight;
using Router.Switching;
using Router.Upstreams;

namespace Router.Management;

/// <summary>
/// What the operator's page shows, in parts: an event has the parts that have changed since the one before. Nothing in a part changes
/// with the time alone, except once what the stage of a reopening waits for: nothing is sent while nothing happens. Every event carries the
/// fleet's time.
/// </summary>
public sealed record LiveDocument
{
    public required LiveSite Site { get; init; }

    /// <summary>The mode. Its <c>now</c> and <c>overrunSeconds</c> are not set.</summary>
    public required ModeDocument Mode { get; init; }

    /// <summary>The verdict, for each number of instances that an operator expects. A page gets its own, as <c>verdict</c>.</summary>
    public required ImmutableArray<(int? Expect, LiveVerdict Verdict)> Verdicts { get; init; }

    /// <summary>The instances by their ids. An event has those that have changed, and null for those that are no longer kept.</summary>
    public required ImmutableArray<LiveInstance> Instances { get; init; }

    /// <summary>The oldest requests in flight to what the mode closes, and the oldest writes in flight.</summary>
    public required ImmutableArray<LiveRequest> InFlight { get; init; }

    public required ImmutableArray<LiveBackend> Backends { get; init; }

    /// <summary>The newest writes of unknown outcome.</summary>
    public required ImmutableArray<LiveWrite> Writes { get; init; }

    /// <summary>The newest entries of the history, the oldest first.</summary>
    public required ImmutableArray<HistoryEntry> History { get; init; }
}

/// <summary>What does not change while the process runs, or rarely.</summary>
/// <param name="Stage">The stage, such as production; null if it is not configured.</param>
/// <param name="IsProduction">Whether an operator must type the stage's name to change the mode.</param>
/// <param name="Service">The service's name, as visitors read it.</param>
/// <param name="Instance">The instance that serves the page.</param>
/// <param name="Modes">The modes, from open to closed.</param>
/// <param name="DrainLimitSeconds">How long a request in flight may last after a closing, if the change does not say.</param>
/// <param name="MaxExpected">The largest number of instances that an operator may expect.</param>
public sealed record LiveSite(
    string? Stage,
    bool IsProduction,
    string? Service,
    string Instance,
    ImmutableArray<LiveModeChoice> Modes,
    double DrainLimitSeconds,
    int MaxExpected
);

/// <summary>A mode that can be set.</summary>
public sealed record LiveModeChoice(string Name, string Summary, bool IsClosed, bool RestrictsAnything, bool HoldsAnything);

/// <summary>The verdict on the fleet.</summary>
/// <param name="State">The verdict, for scripts.</param>
/// <param name="Text">Who may write, where the site is closed to visitors only; otherwise empty.</param>
/// <param name="Reasons">Why it is not safe.</param>
/// <param name="Notes">Notes that do not change it.</param>
/// <param name="Agreed">Whether every live instance, and the expected number of them, has confirmed the record and its step.</param>
public sealed record LiveVerdict(
    VerdictState State,
    string Text,
    ImmutableArray<VerdictReason> Reasons,
    ImmutableArray<string> Notes,
    bool Agreed
);

/// <param name="State">Its lifecycle state.</param>
/// <param name="Mode">The mode in force there.</param>
/// <param name="Version">The record's version there.</param>
/// <param name="Confirms">Whether it has confirmed the record and its step in force.</param>
/// <param name="InFlight">How many requests are in flight.</param>
/// <param name="Blocking">How many of them are in flight to what the mode closes.</param>
/// <param name="OpenWrites">How many writes are with a backend.</param>
/// <param name="Testers">How many requests of testers are in flight.</param>
/// <param name="Held">How many requests wait for the mode to open.</param>
/// <param name="HeldOldestSeconds">For how many seconds the oldest of them has waited.</param>
/// <param name="Cut">How many requests were cut in this window.</param>
/// <param name="ClockAheadSeconds">By how much its host's wall clock is ahead of the fleet's clock; 0 if by less than 0.3 s.</param>
/// <param name="IsClockOff">Whether that is enough to mislead a reader of its log.</param>
/// <param name="Seen">When the store took its last report; null while that is current.</param>
/// <param name="Problem">What is wrong with the mode store, as it sees it.</param>
public sealed record LiveInstance(
    string Id,
    string Name,
    InstanceState State,
    string Mode,
    RecordVersion Version,
    bool Confirms,
    int InFlight,
    int Blocking,
    int OpenWrites,
    int Testers,
    int Held,
    double HeldOldestSeconds,
    long Cut,
    double ClockAheadSeconds,
    bool IsClockOff,
    DateTimeOffset? Seen,
    string? Problem
);

/// <param name="Instance">The name of its instance.</param>
/// <param name="Since">When its headers arrived.</param>
/// <param name="CutAt">When it is cut at the latest; null if the mode does not close its backend.</param>
public sealed record LiveRequest(string Instance, DateTimeOffset Since, DateTimeOffset? CutAt, InFlightRequest Request);

/// <summary>A backend, through all instances together.</summary>
/// <param name="Kind">frontend or api.</param>
/// <param name="Accepted">When a write was last sent to it.</param>
/// <param name="Completed">When the response to one was last complete.</param>
/// <param name="InFlight">How many requests are in flight.</param>
/// <param name="Circuit">The worst state of its addresses' circuit breakers.</param>
/// <param name="LatencySeconds">The mean duration of the last minute's requests; null if there was none.</param>
/// <param name="Requests">How many requests ended in each interval, the oldest first.</param>
/// <param name="Errors">How many of them failed or got a status of 500 or more.</param>
public sealed record LiveBackend(
    string Name,
    string Kind,
    DateTimeOffset? Accepted,
    DateTimeOffset? Completed,
    int InFlight,
    CircuitState Circuit,
    double? LatencySeconds,
    ImmutableArray<long> Requests,
    ImmutableArray<long> Errors
);

/// <summary>A write of unknown outcome.</summary>
/// <param name="Instance">The name of its instance.</param>
public sealed record LiveWrite(string Instance, UncertainWrite Write);
