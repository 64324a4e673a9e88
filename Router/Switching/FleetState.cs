using System.Collections.Immutable;
using Router.Modes;

namespace Router.Switching;

/// <summary>All that a verdict is made of.</summary>
public sealed record FleetState
{
    public required ModeRecord Record { get; init; }

    /// <summary>Its step in force.</summary>
    public required ModeStep Step { get; init; }

    /// <summary>What the instances reported last.</summary>
    public required ImmutableArray<InstanceReport> Reports { get; init; }

    /// <summary>The fleet's clock.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>How long a report may be old before its instance counts as vanished.</summary>
    public required TimeSpan HeartbeatExpiry { get; init; }

    /// <summary>Why the instances can't see each other; null where they can.</summary>
    public string? Isolation { get; init; }

    /// <summary>What is wrong with the mode store; null where nothing is.</summary>
    public string? Problem { get; init; }
}
