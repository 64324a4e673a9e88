using System.Collections.Frozen;

namespace Router.Forwarding.Headers;

/// <summary>Which fields may stand in a trailer (RFC 9110 section 6.5.1).</summary>
public static class TrailerFields
{
    private static readonly FrozenSet<string> Refused = new[]
    {
        "Authorization", "Cache-Control", "Content-Encoding", "Content-Length", "Content-Range", "Content-Type", "Cookie",
        "Expect", "Forwarded", "Host", "If-Match", "If-Modified-Since", "If-None-Match", "If-Unmodified-Since", "Max-Forwards", "Range",
        "Set-Cookie", "Trailer", "WWW-Authenticate",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Whether a trailer may go on. One that says how a message is framed, routed or authenticated comes too late
    /// to have been checked, and a receiver that merges it into the header would be fooled.
    /// </summary>
    public static bool MayPass(string name) => !Refused.Contains(name) && !HopByHopHeaders.Contains(name, default);
}
