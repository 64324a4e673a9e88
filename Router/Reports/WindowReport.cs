using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Router.Proxy.InFlight;
using Router.Switching;

namespace Router.Reports;

/// <summary>What goes into the ticket: the window from its beginning to its end.</summary>
internal sealed record WindowReport
{
    public required string Window { get; init; }

    /// <summary>How it ended, in one line.</summary>
    public required string Outcome { get; init; }

    /// <summary>How far the tool got; null where no tool ran the window.</summary>
    public DowntimeStep? Step { get; init; }

    /// <summary>Whether it ended as it should, or goes well so far.</summary>
    [JsonIgnore]
    public bool IsGood => Step is { } step ? step == DowntimeStep.Done : State != VerdictState.NotSafe;

    public required string Mode { get; init; }

    public required string By { get; init; }

    public string? Reason { get; init; }

    public string? Ticket { get; init; }

    /// <summary>The machine that ran the command, or that made the report where there was none.</summary>
    public required string Host { get; init; }

    /// <summary>The command; null where no tool ran the window.</summary>
    public ImmutableArray<string>? Command { get; init; }

    /// <summary>The command's exit code; null if it has not ended, or if it is unknown.</summary>
    public int? ExitCode { get; init; }

    /// <summary>When the site was closed to visitors.</summary>
    public DateTimeOffset? ClosedFrom { get; init; }

    /// <summary>Until when they did; null while they do.</summary>
    public DateTimeOffset? ClosedUntil { get; init; }

    /// <summary>How long they did, up to now while they still do.</summary>
    public double ClosedSeconds { get; init; }

    /// <summary>The end that was announced last.</summary>
    public DateTimeOffset? AnnouncedEnd { get; init; }

    /// <summary>When the verdict was reached that the command needed.</summary>
    public DateTimeOffset? SafeAt { get; init; }

    /// <summary>The verdict now, for scripts; null where a tool ran the window.</summary>
    public VerdictState? State { get; init; }

    /// <summary>The verdict then; where no tool ran the window, the one now.</summary>
    public string? Verdict { get; init; }

    /// <summary>When each step happened, and what went wrong; null where no tool ran the window.</summary>
    public ImmutableArray<DowntimeEvent>? Events { get; init; }

    /// <summary>What was checked; null where no tool ran the window.</summary>
    public ImmutableArray<SiteCheckResult>? Checks { get; init; }

    /// <summary>How many requests and upgraded connections were cut.</summary>
    public long Cut { get; init; }

    /// <summary>How many requests the mode rejected.</summary>
    public long Rejected { get; init; }

    /// <summary>How many of them were writes.</summary>
    public long RejectedWrites { get; init; }

    /// <summary>How many requests a bypass admitted.</summary>
    public long Bypassed { get; init; }

    /// <summary>Who got a bypass, and what for.</summary>
    public ImmutableArray<HistoryEntry> Bypasses { get; init; } = [];

    public required ImmutableArray<BackendWrites> LastWrites { get; init; }

    public int UncertainCount { get; init; }

    public required ImmutableArray<UncertainWrite> UncertainWrites { get; init; }

    public ImmutableArray<InstanceSummary> Instances { get; init; } = [];

    /// <summary>By how many seconds the clock of that machine is ahead of the fleet's.</summary>
    public double HostAheadSeconds { get; init; }

    /// <summary>What was done with the mode, as the fleet keeps it.</summary>
    public ImmutableArray<HistoryEntry> History { get; init; } = [];
}

internal sealed record InstanceSummary(
    string Id,
    InstanceState State,
    DateTimeOffset Started,
    string Mode,
    double? DrainedAfterSeconds,
    long Cut,
    long Rejected,
    long RejectedWrites,
    long Bypassed,
    double WallClockAheadSeconds
);
