using System.Collections.Immutable;
using Router.Modes;
using Router.Switching;

namespace Router.Management;

/// <summary>The instances and the verdict.</summary>
public sealed record FleetDocument
{
    /// <summary>The largest number of instances that can be expected.</summary>
    public const int MaxExpected = 10_000;

    public required string Mode { get; init; }

    public required RecordVersion Version { get; init; }

    /// <summary>The verdict, for scripts.</summary>
    public required VerdictState State { get; init; }

    /// <summary>Whether a restore may begin.</summary>
    public required bool Safe { get; init; }

    /// <summary>The verdict in one line.</summary>
    public required string Verdict { get; init; }

    /// <summary>Why it is not safe.</summary>
    public required ImmutableArray<string> Reasons { get; init; }

    /// <summary>Notes that do not change the verdict.</summary>
    public required ImmutableArray<string> Notes { get; init; }

    /// <summary>Whether every live instance, and the expected number of them, has confirmed the record and its step in force.</summary>
    public required bool Agreed { get; init; }

    /// <summary>The mode in detail: since when, by whom, why, until when, what is scheduled.</summary>
    public required ModeDocument Current { get; init; }

    /// <summary>The last writes of every backend through any instance.</summary>
    public required ImmutableArray<BackendWrites> LastWrites { get; init; }

    public required ImmutableArray<InstanceDocument> Instances { get; init; }
}

/// <param name="State">Its lifecycle state.</param>
/// <param name="SeenSecondsAgo">How many seconds ago the store took its last report.</param>
/// <param name="Report">What it reported.</param>
public sealed record InstanceDocument(InstanceState State, double SeenSecondsAgo, InstanceReport Report);
