using System.Text.Json.Serialization;

namespace Router.Switching;

/// <summary>The lifecycle state of an instance, as the others see it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<InstanceState>))]
public enum InstanceState
{
    /// <summary>Its heartbeat is current.</summary>
    [JsonStringEnumMemberName("live")]
    Live,

    /// <summary>It has stopped in an orderly way and reported that.</summary>
    [JsonStringEnumMemberName("stopped")]
    Stopped,

    /// <summary>Its heartbeat has expired. It may still run and serve clients, cut off from the store.</summary>
    [JsonStringEnumMemberName("vanished")]
    Vanished,

    /// <summary>It vanished, and its process is known to have ended.</summary>
    [JsonStringEnumMemberName("ended")]
    Ended,
}
