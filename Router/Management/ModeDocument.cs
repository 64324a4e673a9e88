using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Router.Modes;

namespace Router.Management;

/// <summary>The mode, as the management interface shows it.</summary>
public sealed record ModeDocument
{
    /// <summary>The mode in force.</summary>
    public required string Mode { get; init; }

    /// <summary>What that means, in one line.</summary>
    public required string Summary { get; init; }

    /// <summary>The record's version, for <c>If-Match</c>.</summary>
    public required RecordVersion Version { get; init; }

    public required DateTimeOffset Since { get; init; }

    /// <summary>The window of downtime; null in live.</summary>
    public string? Window { get; init; }

    public DateTimeOffset? WindowSince { get; init; }

    /// <summary>The announced end.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>By how many seconds the announced end has passed.</summary>
    public double? OverrunSeconds { get; init; }

    /// <summary>The operator.</summary>
    public string? By { get; init; }

    public string? Reason { get; init; }

    public string? Ticket { get; init; }

    /// <summary>The stage, while the site is reopened in stages; null otherwise.</summary>
    public ReopeningDocument? Reopening { get; init; }

    /// <summary>Why a reopening in stages fell back to this mode by itself; null if it did not.</summary>
    public string? FellBack { get; init; }

    /// <summary>After how many seconds what is in flight is cut.</summary>
    public required double CutAfterSeconds { get; init; }

    public required ImmutableArray<BypassDocument> Bypasses { get; init; }

    public required ImmutableArray<StepDocument> Next { get; init; }

    /// <summary>The scheduled step that the operator aims at: the last that is not a follow-up; null if there is none.</summary>
    [JsonIgnore]
    public StepDocument? Goal => Next.LastOrDefault(step => !step.IsFollowUp);

    /// <summary>The name of the mode store.</summary>
    public required string Store { get; init; }

    /// <summary>Whether it outlasts a restart; if not, a restart returns to the configured mode.</summary>
    public required bool IsLasting { get; init; }

    /// <summary>The configured mode, which an empty store takes.</summary>
    public required string ConfiguredMode { get; init; }

    /// <summary>What is wrong with the store.</summary>
    public string? Problem { get; init; }

    /// <summary>Why the fleet can't be switched, although the mode can be read.</summary>
    public string? SwitchProblem { get; init; }

    /// <summary>The instance that responds.</summary>
    public required string Instance { get; init; }

    /// <summary>Its clock.</summary>
    public required DateTimeOffset Now { get; init; }
}

/// <summary>A scheduled step.</summary>
public sealed record StepDocument(string Mode, DateTimeOffset At, DateTimeOffset? Until, string? By, string? Reason, string? Ticket)
{
    /// <summary>The stage, if it is one of a reopening.</summary>
    public ReopeningDocument? Reopening { get; init; }

    /// <summary>Whether it follows automatically if nobody has changed the mode by then.</summary>
    public bool IsFollowUp { get; init; }

    public static StepDocument Of(ModeStep step) =>
        new(step.Mode.Name, step.At, step.Until, step.By, step.Reason, step.Ticket)
        {
            Reopening = ReopeningDocument.Of(step),
            IsFollowUp = step.IsFollowUp,
        };
}
