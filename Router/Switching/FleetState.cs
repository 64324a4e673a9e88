using System.Collections.Immutable;
using Router.Modes;

namespace Router.Switching;

/// <summary>All that a verdict is made of.</summary>
public sealed record FleetState
{
    public required ModeRecord Record { get; init; }

    /// <summary>The record's step in force; never that of an instance that has lapsed.</summary>
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

    /// <summary>What an instance knows of the fleet.</summary>
    /// <param name="state">The mode as it knows it.</param>
    /// <param name="reports">What the others and it itself reported last.</param>
    /// <param name="now">The fleet's clock.</param>
    /// <param name="heartbeatExpiry">How long a report may be old.</param>
    public static FleetState Of(ModeState state, IEnumerable<InstanceReport> reports, DateTimeOffset now, TimeSpan heartbeatExpiry) =>
        new()
        {
            Record = state.Record,
            Step = state.RecordStep,
            Reports = [.. reports],
            Now = now,
            HeartbeatExpiry = heartbeatExpiry,
        };
}
