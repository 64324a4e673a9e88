namespace Router.Headers;

/// <summary>Detects request framing that the server accepts although two parsers could read it as two different requests.</summary>
public static class RequestFraming
{
    /// <summary>Whether the headers announce a body (RFC 9112 section 6).</summary>
    public static bool DeclaresBody(HttpRequest request) => request.ContentLength > 0 || request.Headers.TransferEncoding.Count > 0;

    /// <summary>Whether the body is chunked (RFC 9112 section 7.1).</summary>
    public static bool IsChunked(HttpRequest request) => request.Headers.TransferEncoding.Count > 0;

    /// <summary>
    /// How many bytes of a chunked body the server may read, framing and extensions included; null for no limit. A chunk with a single byte
    /// takes six bytes. Anything beyond that is chunk extensions, which no one reads and which RFC 9112 section 7.1.1 tells a server to
    /// limit.
    /// </summary>
    /// <param name="max">The maximum length of the body itself.</param>
    public static long? MaxChunkedBytes(long max) => max > long.MaxValue / 8 ? null : (6 * max) + (64 << 10);

    /// <summary>Whether a body may follow. In HTTP/1 the headers announce it; in HTTP/2 only the end of the stream rules it out.</summary>
    public static bool MayHaveBody(HttpRequest request) =>
        DeclaresBody(request) || !(HttpProtocol.IsHttp11(request.Protocol) || HttpProtocol.IsHttp10(request.Protocol));

    /// <summary>Describes the violation; null if there is none.</summary>
    public static string? ViolationOf(HttpContext context)
    {
        var request = context.Request;
        if (request.Method is "CONNECT" && context.WebSocketOverHttp2() is null)
            return "Router opens no tunnels (RFC 9110 section 9.3.6), only WebSockets (RFC 8441)";
        if (request.Headers.TransferEncoding is not { Count: > 0 } coding)
            return null;
        // Kestrel decodes only the last of several codings. The body would keep a coding that no header names any more, and be a different
        // body.
        if (coding is not [{ } only] || !only.Equals("chunked", StringComparison.OrdinalIgnoreCase) || request.Protocol != "HTTP/1.1")
            return "the body has a transfer coding other than chunked, or one where HTTP allows none (RFC 9112 section 6.1, RFC 9113 "
                + "section 8.2.2)";
        // Kestrel uses this name for a Content-Length that arrived together with a Transfer-Encoding.
        return request.Headers.ContainsKey("X-Content-Length") ? "the body has two lengths (RFC 9112 section 6.3)" : null;
    }
}
