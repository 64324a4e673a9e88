using Router.Http;

namespace Router.Headers;

/// <summary>The properties of a request header that follow from its name.</summary>
[Flags]
public enum RequestHeaderTraits
{
    /// <summary>None: the header is forwarded if its name is valid.</summary>
    None = 0,

    /// <summary>Never forwarded to a backend.</summary>
    Stopped = 1 << 0,

    /// <summary>
    /// States who sent the request or what it asks for. Accepted only from trusted proxies, since others could impersonate a client with
    /// it.
    /// </summary>
    FromTrustedProxies = 1 << 1,

    /// <summary>Belongs to the client's connection (<see cref="HopByHopHeaders"/>).</summary>
    OfTheConnection = 1 << 2,

    /// <summary>Rewritten if Router traces (<see cref="TraceContext"/>).</summary>
    OfTheTrace = 1 << 3,

    /// <summary>
    /// Describes the body that the client sent, or the part or version of the content that it already has (RFC 9110 sections 8, 13 and 14).
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

    /// <summary>Headers whose values Router may have to change.</summary>
    Changeable = Cookie | Tags | Range,
}
