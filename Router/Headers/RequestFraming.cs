using Microsoft.AspNetCore.Http.Features;

namespace Router.Headers;

/// <summary>What the server lets pass of a request's framing although two readers could see two different requests in it.</summary>
public static class RequestFraming
{
    /// <summary>Whether the header says that a body comes (RFC 9112 section 6).</summary>
    public static bool SaysBody(HttpRequest request) => request.ContentLength > 0 || request.Headers.TransferEncoding.Count > 0;

    /// <summary>Whether the body comes in chunks (RFC 9112 section 7.1).</summary>
    public static bool IsChunked(HttpRequest request) => request.Headers.TransferEncoding.Count > 0;

    /// <summary>
    /// How many bytes the server may read of a body in chunks, framing and extensions included; null for no bound. A chunk of a single byte
    /// takes six. What goes beyond that is chunk extensions, which nobody reads and RFC 9112 section 7.1.1 tells a server to limit.
    /// </summary>
    /// <param name="most">How long the body itself may be.</param>
    public static long? MostChunkedBytes(long most) => most > long.MaxValue / 8 ? null : (6 * most) + (64 << 10);

    /// <summary>Whether a body may come: in HTTP/1 the header says so, in HTTP/2 only its end.</summary>
    public static bool MayHaveBody(HttpRequest request) =>
        SaysBody(request) || !(HttpProtocol.IsHttp11(request.Protocol) || HttpProtocol.IsHttp10(request.Protocol));

    /// <summary>What is wrong; null where nothing is.</summary>
    public static string? FaultOf(HttpContext context)
    {
        var request = context.Request;
        if (
            request.Method is "CONNECT"
            && context.Feature<IHttpExtendedConnectFeature>() is not { IsExtendedConnect: true, Protocol: "websocket" }
        )
            return "Router makes no tunnels (RFC 9110 section 9.3.6), only WebSockets (RFC 8441)";
        if (request.Headers.TransferEncoding is not { Count: > 0 } coding)
            return null;
        // Of several codings Kestrel takes off the last, and a body in a coding that nobody names any more is a different body.
        if (coding is not [{ } only] || !only.Equals("chunked", StringComparison.OrdinalIgnoreCase) || request.Protocol != "HTTP/1.1")
            return "the body has a transfer coding other than chunked, or one where HTTP knows none (RFC 9112 section 6.1, RFC 9113 section 8.2.2)";
        // The name under which Kestrel keeps a Content-Length that came together with a Transfer-Encoding.
        return request.Headers.ContainsKey("X-Content-Length") ? "the body has two lengths (RFC 9112 section 6.3)" : null;
    }
}
