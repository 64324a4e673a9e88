using System.Collections.Frozen;

namespace Router.Http;

/// <summary>
/// Which headers may come as trailers (RFC 9110 section 6.5.1), of requests and of responses, over HTTP/1.1 and HTTP/2. One that says how a
/// message is framed, routed, authenticated or read comes too late to have been checked, and a receiver that merges it into the header
/// would be fooled.
/// </summary>
public static class TrailerFields
{
    private static readonly FrozenSet<string> Refused = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        [
            .. FramingHeaders.Names,
            "Host",
            "Forwarded",
            "X-Forwarded-For",
            "X-Forwarded-Host",
            "X-Forwarded-Proto",
            "X-Real-IP",
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
    );

    /// <summary>
    /// Whether a trailer may go on. CGI and WSGI make one name of <c>Content_Length </c> and <c>Content-Length </c> (RFC 3875 section
    /// 4.1.18).
    /// </summary>
    public static bool MayPass(string name) => !Refused.Contains(name.Replace('_', '-'));

    /// <summary>The trailers of a response that go to the client. To be asked for when its body has been read.</summary>
    /// <exception cref="IOException">One of them has a character that none may have.</exception>
    public static IEnumerable<(string Name, string Value)> Of(HttpResponseMessage response)
    {
        foreach (var (name, values) in response.TrailingHeaders.NonValidated)
        {
            if (!MayPass(name))
                continue;
            foreach (var value in values)
            {
                if (!HeaderSyntax.IsToken(name) || HeaderSyntax.HasControls(value.AsSpan()))
                    throw new IOException(
                        "a trailer broke the response",
                        new InvalidDataException("a trailer has a character that none may have (RFC 9110 sections 5.1 and 5.5)")
                    );
                yield return (name, value);
            }
        }
    }
}
