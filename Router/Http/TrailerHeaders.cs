using System.Collections.Frozen;

namespace Router.Http;

/// <summary>
/// Which headers may be sent as trailers (RFC 9110 section 6.5.1), in requests and responses, over HTTP/1.1 and HTTP/2. A trailer that
/// affects framing, routing, authentication or content decoding arrives too late to be checked, and could mislead a recipient that merges
/// trailers into the headers.
/// </summary>
public static class TrailerHeaders
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
    /// Whether a trailer may be forwarded. CGI and WSGI map <c>Content_Length</c> and <c>Content-Length</c> to the same name (RFC 3875
    /// section 4.1.18).
    /// </summary>
    public static bool MayPass(string name) => !Refused.Contains(name.Replace('_', '-'));

    /// <summary>The response trailers that are forwarded to the client. Call this after the body has been read.</summary>
    /// <exception cref="IOException">A trailer contains a forbidden character.</exception>
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
                        new InvalidDataException("a trailer has an invalid character (RFC 9110 sections 5.1 and 5.5)")
                    );
                yield return (name, value);
            }
        }
    }
}
