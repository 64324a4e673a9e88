using Router.Http;

namespace Router.Headers;

/// <summary>What is known of a field of a client's request by its name.</summary>
[Flags]
public enum RequestHeaderTraits
{
    /// <summary>Nothing: it passes, if its name is one that a field may have.</summary>
    None = 0,

    /// <summary>No backend gets it.</summary>
    Stopped = 1 << 0,

    /// <summary>Who asks, or what is asked for: from anyone but a trusted proxy a way to be somebody else.</summary>
    FromTrustedProxies = 1 << 1,

    /// <summary>It belongs to the connection that it came on (<see cref="HopByHopHeaders"/>).</summary>
    OfTheConnection = 1 << 2,

    /// <summary>It is written anew where Router traces (<see cref="TraceContext"/>).</summary>
    OfTheTrace = 1 << 3,

    /// <summary>
    /// It speaks of the body that the client sent, or of the part or the version that it has already (RFC 9110 sections 8, 13 and 14).
    /// </summary>
    OfTheRequestItself = 1 << 4,

    /// <summary><c>Authorization</c>.</summary>
    Credentials = 1 << 5,

    /// <summary><c>Cookie</c>.</summary>
    Cookie = 1 << 6,

    /// <summary><c>X-Forwarded-For</c>.</summary>
    ForwardedFor = 1 << 7,

    /// <summary><c>X-Forwarded-Proto</c>.</summary>
    ForwardedProto = 1 << 8,

    /// <summary><c>X-B3-Sampled</c>.</summary>
    Sampled = 1 << 9,

    /// <summary><c>X-B3-Flags</c>.</summary>
    TraceFlags = 1 << 10,

    /// <summary><c>If-Match</c> or <c>If-None-Match</c>.</summary>
    Tags = 1 << 11,

    /// <summary><c>Range</c> or <c>If-Range</c>.</summary>
    Range = 1 << 12,

    /// <summary>Those whose values may have to be changed.</summary>
    Changeable = Cookie | Tags | Range,
}
