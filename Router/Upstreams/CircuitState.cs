using System.Text.Json.Serialization;

namespace Router.Upstreams;

/// <summary>The state of the circuit breakers of one or more IP addresses, from the best to the worst.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CircuitState>))]
public enum CircuitState
{
    /// <summary>Every IP address is in use.</summary>
    [JsonStringEnumMemberName("closed")]
    Closed,

    /// <summary>Some IP addresses are out of use.</summary>
    [JsonStringEnumMemberName("partial")]
    Partial,

    /// <summary>Every IP address is out of use.</summary>
    [JsonStringEnumMemberName("open")]
    Open,
}
