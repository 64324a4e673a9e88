using System.Collections.Frozen;

namespace Router.Http;

/// <summary>
/// The headers that only Router and its server write, because they belong to one connection or determine where a message ends.
/// </summary>
public static class FramingHeaders
{
    /// <summary>The hop-by-hop headers (RFC 9110 section 7.6.1).</summary>
    public static IReadOnlyList<string> HopByHop { get; } =
    [
        "Connection",
        "Keep-Alive",
        "Proxy-Connection",
        "Transfer-Encoding",
        "TE",
        "Upgrade",
        "Proxy-Authenticate",
        "Proxy-Authorization",
        "Proxy-Authentication-Info",
        "HTTP2-Settings",
    ];

    /// <summary>
    /// All framing headers. If a message contains a second length, or announces trailers that never arrive, two parsers can read two
    /// different messages (RFC 9112 section 6.2, RFC 9110 section 6.6.2).
    /// </summary>
    public static IReadOnlyList<string> Names { get; } = [.. HopByHop, "Content-Length", "Trailer"];

    private static readonly FrozenSet<string> All = Names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether the configuration must not set a header.</summary>
    /// <param name="name">The header's name.</param>
    public static bool Contains(string name) => All.Contains(name);
}
