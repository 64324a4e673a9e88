using System.Text.Json.Serialization;

namespace Router.Modes;

/// <summary>What the next stage of a reopening waits for.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StageWait>))]
public enum StageWait
{
    /// <summary>Nothing: it is due.</summary>
    [JsonStringEnumMemberName("nothing")]
    Nothing,

    /// <summary>An operator, who has paused the reopening.</summary>
    [JsonStringEnumMemberName("operator")]
    Operator,

    /// <summary>A change that is scheduled. A stage never replaces it.</summary>
    [JsonStringEnumMemberName("change")]
    Change,

    /// <summary>The minimum duration of the stage in force.</summary>
    [JsonStringEnumMemberName("time")]
    Time,

    /// <summary>Enough requests to judge the stage in force by.</summary>
    [JsonStringEnumMemberName("requests")]
    Requests,
}
