using System.Text.Json.Serialization;

namespace Router.Switching;

/// <summary>What a reason of the verdict is about. The operator's page has advice for each.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ReasonKind>))]
public enum ReasonKind
{
    /// <summary>The mode store can't be read or written.</summary>
    [JsonStringEnumMemberName("store_problem")]
    StoreProblem,

    /// <summary>The instances can't see each other.</summary>
    [JsonStringEnumMemberName("isolated")]
    Isolated,

    /// <summary>An instance has not confirmed the mode.</summary>
    [JsonStringEnumMemberName("not_confirmed")]
    NotConfirmed,

    /// <summary>Something that the mode closes is still in flight.</summary>
    [JsonStringEnumMemberName("in_flight")]
    InFlight,

    /// <summary>Testers have writes in flight.</summary>
    [JsonStringEnumMemberName("testers_writing")]
    TestersWriting,

    /// <summary>An instance vanished and may still run and be open.</summary>
    [JsonStringEnumMemberName("vanished")]
    Vanished,

    /// <summary>More instances are live than expected.</summary>
    [JsonStringEnumMemberName("unexpected")]
    Unexpected,

    /// <summary>Fewer instances are live than expected.</summary>
    [JsonStringEnumMemberName("missing")]
    Missing,

    /// <summary>Writes of unknown outcome may still be applied.</summary>
    [JsonStringEnumMemberName("unsettled")]
    Unsettled,

    /// <summary>A scheduled change opens the site.</summary>
    [JsonStringEnumMemberName("opening")]
    Opening,
}
