using System.Text;

namespace Router.Http;

/// <summary>
/// The names of the most common response headers, so that they need not be allocated for each response: the twelve of a page take 592
/// bytes. Looked up only for a line that the last response on the connection did not have. The comparison is case-sensitive: any other
/// spelling is preserved.
/// </summary>
public static class KnownHeaderNames
{
    private static readonly string[] Known =
    [
        "Accept-Ranges",
        "Access-Control-Allow-Credentials",
        "Access-Control-Allow-Headers",
        "Access-Control-Allow-Methods",
        "Access-Control-Allow-Origin",
        "Age",
        "Allow",
        "Alt-Svc",
        "Cache-Control",
        "Connection",
        "Content-Disposition",
        "Content-Encoding",
        "Content-Language",
        "Content-Length",
        "Content-Range",
        "Content-Security-Policy",
        "Content-Type",
        "Cross-Origin-Opener-Policy",
        "Cross-Origin-Resource-Policy",
        "Date",
        "ETag",
        "Expires",
        "Keep-Alive",
        "Last-Modified",
        "Link",
        "Location",
        "Permissions-Policy",
        "Pragma",
        "Referrer-Policy",
        "Retry-After",
        "Server",
        "Set-Cookie",
        "Strict-Transport-Security",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        "Vary",
        "Via",
        "WWW-Authenticate",
        "X-Content-Type-Options",
        "X-Frame-Options",
        "X-Powered-By",
        "X-Request-Id",
        "X-XSS-Protection",
        "cache-control",
        "content-encoding",
        "content-length",
        "content-type",
        "date",
        "etag",
        "location",
        "server",
        "set-cookie",
        "vary",
    ];

    /// <summary>Returns the same name; for a known one, the exact string instance that the server compares with first.</summary>
    public static string Of(string name) => Array.Find(Known, known => known == name) ?? name;

    /// <summary>Returns the name for these ASCII bytes.</summary>
    public static string Of(ReadOnlySpan<byte> octets)
    {
        foreach (var name in Known)
        {
            if (Ascii.Equals(octets, name))
                return name;
        }

        return Encoding.ASCII.GetString(octets);
    }
}
