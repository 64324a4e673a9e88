using System.Collections.Frozen;

namespace Router.Http;

/// <summary>
/// The table of headers that clients or backends may not set and configuration may not add, in requests, responses and trailers, over
/// HTTP/1.1 and HTTP/2.
/// </summary>
public static class RestrictedHeaders
{
    private const HeaderRestrictions AnyForTrailers =
        HeaderRestrictions.HopByHop
        | HeaderRestrictions.Framing
        | HeaderRestrictions.NeverFromClients
        | HeaderRestrictions.SetByRouter
        | HeaderRestrictions.FromTrustedProxies
        | HeaderRestrictions.NotInTrailers;

    private static readonly FrozenDictionary<string, HeaderRestrictions> Table = Build(
        (
            HeaderRestrictions.HopByHop | HeaderRestrictions.Framing,
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
            ]
        ),
        (HeaderRestrictions.Framing, ["Content-Length", "Trailer"]),
        (
            HeaderRestrictions.NeverFromClients,
            [
                "X-Original-URL",
                "X-Rewrite-URL",
                "X-Original-Host",
                "Host",
                "Content-Length",
                "X-Content-Length",
                "Transfer-Encoding",
                "Proxy",
            ]
        ),
        (HeaderRestrictions.SetByRouter, ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"]),
        (HeaderRestrictions.FromTrustedProxies, ["Forwarded", "X-Real-IP", "X-Client-IP", "True-Client-IP", "X-Cluster-Client-IP"]),
        (
            HeaderRestrictions.NotInTrailers,
            [
                "Location",
                "Max-Forwards",
                "Via",
                "Authorization",
                "Authentication-Info",
                "Cookie",
                "Set-Cookie",
                "WWW-Authenticate",
                "Cache-Control",
                "Expect",
                "If-Match",
                "If-Modified-Since",
                "If-None-Match",
                "If-Range",
                "If-Unmodified-Since",
                "Pragma",
                "Range",
                "Age",
                "Date",
                "Expires",
                "Retry-After",
                "Vary",
                "Content-Encoding",
                "Content-Range",
                "Content-Type",
            ]
        )
    );

    /// <summary>
    /// The restrictions of a header. CGI and WSGI map <c>Content_Length</c> and <c>Content-Length</c> to the same name (RFC 3875 section
    /// 4.1.18), so an underscore counts as a hyphen.
    /// </summary>
    public static HeaderRestrictions Of(string name) => Table.GetValueOrDefault(name.Replace('_', '-'));

    /// <summary>The names of all headers that have one of the restrictions.</summary>
    public static IEnumerable<string> With(HeaderRestrictions any) => Table.Where(header => (header.Value & any) != 0).Select(it => it.Key);

    /// <summary>Whether a configuration may add the header to a message.</summary>
    public static bool MayBeAdded(string name) => (Of(name) & HeaderRestrictions.Framing) == 0;

    /// <summary>
    /// Whether a trailer may be forwarded: a recipient that merges trailers into the headers must not be misled (RFC 9110 section 6.5.1).
    /// </summary>
    public static bool MayBeTrailer(string name) => (Of(name) & AnyForTrailers) == 0;

    private static FrozenDictionary<string, HeaderRestrictions> Build(params (HeaderRestrictions Restriction, string[] Names)[] lists)
    {
        var table = new Dictionary<string, HeaderRestrictions>(StringComparer.OrdinalIgnoreCase);
        foreach (var (restriction, names) in lists)
        {
            foreach (var name in names)
                table[name] = table.GetValueOrDefault(name) | restriction;
        }

        return table.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }
}
