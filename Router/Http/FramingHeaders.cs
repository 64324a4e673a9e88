using System.Collections.Frozen;

namespace Router.Http;

/// <summary>
/// The headers that Router and its server write themselves, because they belong to one connection or say where a message ends.
/// </summary>
public static class FramingHeaders
{
    /// <summary>Those that belong to one connection (RFC 9110 section 7.6.1).</summary>
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
    /// All of them. A second length beside the real one, or an announcement of trailers that never come, lets two readers see two messages
    /// (RFC 9112 section 6.2, RFC 9110 section 6.6.2).
    /// </summary>
    public static IReadOnlyList<string> Names { get; } = [.. HopByHop, "Content-Length", "Trailer"];

    private static readonly FrozenSet<string> All = Names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether configuration may not set a header.</summary>
    /// <param name="name">The header's name.</param>
    public static bool Contains(string name) => All.Contains(name);
}
