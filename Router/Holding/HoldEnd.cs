using System.Text.Json.Serialization;

namespace Router.Holding;

/// <summary>Why a request no longer waits.</summary>
public enum HoldEnd
{
    /// <summary>The mode allows the request: it is admitted again.</summary>
    [JsonStringEnumMemberName("released")]
    Released,

    /// <summary>The mode now closes its backend.</summary>
    [JsonStringEnumMemberName("closed")]
    Closed,

    /// <summary>It has waited for as long as it may.</summary>
    [JsonStringEnumMemberName("expired")]
    Expired,

    /// <summary>As many requests wait already as may.</summary>
    [JsonStringEnumMemberName("rejected")]
    Rejected,

    /// <summary>This instance is stopping.</summary>
    [JsonStringEnumMemberName("stopping")]
    Stopping,

    /// <summary>Its client has disconnected.</summary>
    [JsonStringEnumMemberName("client_gone")]
    ClientGone,
}
