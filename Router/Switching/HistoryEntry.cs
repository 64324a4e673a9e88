using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Router.Modes;

namespace Router.Switching;

/// <summary>One line of the history: what was done with the mode, or how one instance drained after a switch.</summary>
public sealed record HistoryEntry
{
    public required HistoryKind Kind { get; init; }

    public required RecordVersion Version { get; init; }

    public required DateTimeOffset Time { get; init; }

    /// <summary>The instance that made the entry.</summary>
    public required string Instance { get; init; }

    /// <summary>The last mode of the record; of a drained instance, the mode that closed something.</summary>
    public required string Mode { get; init; }

    /// <summary>The stage of a reopening; null for every other mode.</summary>
    public string? Stage { get; init; }

    /// <summary>When the mode takes effect.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>When the mode takes effect, or the entry was made.</summary>
    [JsonIgnore]
    public DateTimeOffset Effect => At > Time ? At.Value : Time;

    /// <summary>The announced end.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>The operator.</summary>
    public string? By { get; init; }

    public string? Reason { get; init; }

    public string? Ticket { get; init; }

    /// <summary>Of a drained instance, the seconds from the switch until nothing was in flight any more.</summary>
    public double? DrainedAfter { get; init; }

    /// <summary>Of a drained instance, how many requests and upgraded connections were cut.</summary>
    public long? Cut { get; init; }

    /// <summary>Of a drained instance, how many writes have an unknown outcome.</summary>
    public long? UncertainWrites { get; init; }

    /// <summary>Of a drained instance, the last writes.</summary>
    public ImmutableArray<BackendWrites>? LastWrites { get; init; }
}
