namespace Router.Http;

/// <summary>What must not be done with a header (<see cref="RestrictedHeaders"/>).</summary>
[Flags]
public enum HeaderRestrictions
{
    None = 0,

    /// <summary>It belongs to one connection and is never forwarded (RFC 9110 section 7.6.1).</summary>
    HopByHop = 1 << 0,

    /// <summary>
    /// Only Router and its server write it. If a message contains a second length, or announces trailers that never arrive, two parsers can
    /// read two different messages (RFC 9112 section 6.2, RFC 9110 section 6.6.2). No configuration may add it.
    /// </summary>
    Framing = 1 << 1,

    /// <summary>
    /// No client may send it to a backend: it makes frameworks use a different path from the one that was checked, gives a request two
    /// lengths, or makes a CGI program send its own requests through a proxy of the client's choice (CVE-2016-5385).
    /// </summary>
    NeverFromClients = 1 << 2,

    /// <summary>Router states it itself, and a client's own is not forwarded.</summary>
    SetByRouter = 1 << 3,

    /// <summary>It states who sent the request or what it asks for: accepted from trusted proxies only.</summary>
    FromTrustedProxies = 1 << 4,

    /// <summary>
    /// It must not be a trailer (RFC 9110 section 6.5.1): it affects routing, authentication or content decoding and arrives too late to be
    /// checked.
    /// </summary>
    NotInTrailers = 1 << 5,
}
