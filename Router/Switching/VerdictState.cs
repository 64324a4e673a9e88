using System.Text.Json.Serialization;

namespace Router.Switching;

/// <summary>What a verdict comes to.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<VerdictState>))]
public enum VerdictState
{
    /// <summary>Something can still write, or nobody can rule it out.</summary>
    [JsonStringEnumMemberName("not_safe")]
    NotSafe,

    /// <summary>Nothing can write to any backend through any instance, and nothing written earlier is still on its way.</summary>
    [JsonStringEnumMemberName("safe")]
    Safe,

    /// <summary>The mode is in force everywhere, and leaves something open that may write.</summary>
    [JsonStringEnumMemberName("closed_to_visitors")]
    ClosedToVisitors,

    /// <summary>The site is being reopened: on every instance it is open to the same share of the clients.</summary>
    [JsonStringEnumMemberName("reopening")]
    Reopening,

    /// <summary>The site is open on every instance, as it should be.</summary>
    [JsonStringEnumMemberName("open")]
    Open,
}
