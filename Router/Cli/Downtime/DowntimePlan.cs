using System.Collections.Immutable;

namespace Router.Cli.Downtime;

/// <summary>What the operator asked for.</summary>
internal sealed record DowntimePlan
{
    public required string Mode { get; init; }

    /// <summary>The announced end, as the management interface takes it.</summary>
    public string? Until { get; init; }

    public string? Reason { get; init; }

    public string? Ticket { get; init; }

    /// <summary>The operator.</summary>
    public required string By { get; init; }

    /// <summary>How many instances there are.</summary>
    public int? Expect { get; init; }

    public string? CutAfter { get; init; }

    /// <summary>How long to wait for the verdict.</summary>
    public string? Timeout { get; init; }

    /// <summary>The command with its arguments.</summary>
    public required ImmutableArray<string> Command { get; init; }

    /// <summary>By how much the announced end is extended when it comes; null for not at all.</summary>
    public string? ExtendBy { get; init; }

    /// <summary>How often.</summary>
    public int ExtendTimes { get; init; }

    /// <summary>Whether the command is terminated when the site is not safe any more.</summary>
    public bool StopIfUnsafe { get; init; }

    /// <summary>What must respond before the site is opened, as typed.</summary>
    public ImmutableArray<string> Checks { get; init; } = [];

    /// <summary>Where the checks connect to; null for the host of each address.</summary>
    public string? CheckVia { get; init; }

    /// <summary>The mode to switch to at the end; null to keep the site closed.</summary>
    public string? Reopen { get; init; }

    /// <summary>In which stages the site is opened.</summary>
    public StagePlan Stages { get; init; } = new();

    /// <summary>The files of the report.</summary>
    public ImmutableArray<string> Reports { get; init; } = [];
}
