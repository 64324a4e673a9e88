using System.Collections.Immutable;
using Router.Management;
using Router.Modes;
using Router.Reports;
using Router.Switching;

namespace Router.Cli.Downtime;

/// <summary>How far a downtime has come: all that <c>--resume</c> and the report need. Immutable.</summary>
internal sealed record DowntimeProgress
{
    /// <summary>Names the files.</summary>
    public required string Id { get; init; }

    public required DowntimePlan Plan { get; init; }

    public required DowntimeStep Step { get; init; }

    /// <summary>The machine that runs the command.</summary>
    public required string Host { get; init; }

    /// <summary>The version of the record that this downtime was to make. Its window is named after it.</summary>
    public RecordVersion Made { get; init; }

    /// <summary>The name that the window will have, by the response to the request; null before.</summary>
    public string? ExpectedWindow { get; init; }

    /// <summary>The window; null while the mode is not in force yet.</summary>
    public string? Window { get; init; }

    /// <summary>When the mode took effect.</summary>
    public DateTimeOffset? Closed { get; init; }

    /// <summary>When the verdict was reached that the command needs.</summary>
    public DateTimeOffset? Safe { get; init; }

    public DateTimeOffset? CommandEnded { get; init; }

    /// <summary>The command's exit code; null while it runs, and if the tool was killed meanwhile.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The command's process; null before it started, and where the system does not show it.</summary>
    public ProcessIdentity? Process { get; init; }

    /// <summary>When the site was opened.</summary>
    public DateTimeOffset? Opened { get; init; }

    /// <summary>How often the announced end was extended.</summary>
    public int Extensions { get; init; }

    /// <summary>The state when the verdict came.</summary>
    public FleetDocument? AtSafe { get; init; }

    /// <summary>The last state in which the window was in force.</summary>
    public FleetDocument? Latest { get; init; }

    /// <summary>The outcome of the checks.</summary>
    public ImmutableArray<SiteCheckResult> Checks { get; init; } = [];

    /// <summary>What happened, in order.</summary>
    public ImmutableArray<DowntimeEvent> Events { get; init; } = [];

    /// <summary>
    /// Whether the window in force is the one of this downtime. While it is not known whether the request arrived, it is recognized by the
    /// version that began it, which is in its name, and by who set it and why: somebody else may have made that version.
    /// </summary>
    public bool Owns(ModeDocument mode) =>
        mode.Window is { } window
        && (
            (Window ?? ExpectedWindow) is { } known
                ? window == known
                : Made.IsStored
                    && window.EndsWith($"/{Made}", StringComparison.Ordinal)
                    && (mode.By, mode.Reason, mode.Ticket) == (Plan.By, Plan.Reason, Plan.Ticket)
        );
}
