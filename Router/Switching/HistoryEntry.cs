using System.Collections.Immutable;

namespace Router.Switching;

/// <summary>One line of the history: a change of the record, or how one instance has drained after it.</summary>
public sealed record HistoryEntry
{
    /// <summary><c>set</c>, <c>extended</c>, <c>cancelled</c>, <c>started</c> (an empty store took the configured mode), <c>restored</c> (a store that had lost or contradicted what an instance knew), <c>lost</c> (it had lost what nobody knows any more, and closes) <c>bypass</c> (leave for testers), or <c>drained</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The version of the record.</summary>
    public required long Version { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The instance that did it.</summary>
    public required string Instance { get; init; }

    /// <summary>The mode that it is about.</summary>
    public required string Mode { get; init; }

    /// <summary>When the mode takes effect.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>The announced end.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Who wanted it.</summary>
    public string? By { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }

    /// <summary>The ticket.</summary>
    public string? Ticket { get; init; }

    /// <summary>Of a drained instance: how many seconds after the switch nothing was in flight any more.</summary>
    public double? DrainedAfter { get; init; }

    /// <summary>Of a drained instance: how many requests and upgraded connections were cut.</summary>
    public long? Cut { get; init; }

    /// <summary>Of a drained instance: how many writes have an unknown outcome.</summary>
    public long? UncertainWrites { get; init; }

    /// <summary>Of a drained instance: the last writes.</summary>
    public ImmutableArray<BackendWrites>? LastWrites { get; init; }
}
