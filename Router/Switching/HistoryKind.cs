using System.Text.Json.Serialization;

namespace Router.Switching;

/// <summary>What an entry of the history is about.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HistoryKind>))]
public enum HistoryKind
{
    /// <summary>An operator set a mode.</summary>
    [JsonStringEnumMemberName("set")]
    Set,

    /// <summary>An operator changed the announced end, the reason or the ticket.</summary>
    [JsonStringEnumMemberName("extended")]
    Extended,

    /// <summary>The next stage of a reopening began.</summary>
    [JsonStringEnumMemberName("stage")]
    Stage,

    /// <summary>An operator stopped a reopening at its stage.</summary>
    [JsonStringEnumMemberName("paused")]
    Paused,

    /// <summary>An operator resumed a paused reopening.</summary>
    [JsonStringEnumMemberName("resumed")]
    Resumed,

    /// <summary>Too many requests failed in a stage of a reopening, and the site closed again by itself.</summary>
    [JsonStringEnumMemberName("fallback")]
    Fallback,

    /// <summary>An operator cancelled what was scheduled.</summary>
    [JsonStringEnumMemberName("cancelled")]
    Cancelled,

    /// <summary>An empty store took the configured mode.</summary>
    [JsonStringEnumMemberName("started")]
    Started,

    /// <summary>A store that had lost or contradicted what an instance knew was corrected.</summary>
    [JsonStringEnumMemberName("restored")]
    Restored,

    /// <summary>The store had lost what no instance knows any more, and the site closed.</summary>
    [JsonStringEnumMemberName("lost")]
    Lost,

    /// <summary>An operator issued a bypass for testers.</summary>
    [JsonStringEnumMemberName("bypass")]
    Bypass,

    /// <summary>An operator revoked a bypass.</summary>
    [JsonStringEnumMemberName("revoked")]
    Revoked,

    /// <summary>An operator accepted the writes of unknown outcome as settled.</summary>
    [JsonStringEnumMemberName("accepted")]
    Accepted,

    /// <summary>An operator acknowledged that a vanished instance has ended.</summary>
    [JsonStringEnumMemberName("forgotten")]
    Forgotten,

    /// <summary>One instance has nothing in flight any more to what a switch closed.</summary>
    [JsonStringEnumMemberName("drained")]
    Drained,
}

/// <summary>What the kinds have in common.</summary>
public static class HistoryKinds
{
    /// <summary>Whether the entry puts a mode in force or schedules one.</summary>
    public static bool SetsMode(this HistoryKind kind) =>
        kind
            is HistoryKind.Set
                or HistoryKind.Stage
                or HistoryKind.Fallback
                or HistoryKind.Started
                or HistoryKind.Restored
                or HistoryKind.Lost;

    /// <summary>Whether what was scheduled before the entry is no longer scheduled.</summary>
    public static bool DropsSchedule(this HistoryKind kind) => kind.SetsMode() || kind is HistoryKind.Cancelled;
}
