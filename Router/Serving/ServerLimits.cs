using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Router.Configuration;
using Router.Headers;
using Router.Pages;
using Router.Proxy.InFlight;

namespace Router.Serving;

/// <summary>
/// The limits of the server. Over HTTP/2 the server ends a stream or the whole connection where its own limits for a header are exceeded,
/// with no response. So they are larger than those of the configuration, which Router applies itself, to HTTP/1.1 and HTTP/2 alike.
/// </summary>
public static class ServerLimits
{
    /// <summary>
    /// Up to this size the request line, a single header and the whole header get a 414 or 431 of their own. The server answers 431 itself
    /// up to twice this size for the whole, and beyond that it ends an HTTP/2 connection, as it does for a single header beyond this size.
    /// Large enough for a path of 64 KiB. A connection's header decoder may hold three strings of this size, 288 KiB; of unread bodies a
    /// connection may hold 1 MiB.
    /// </summary>
    public const int MostAnswered = 96 << 10;

    // The server ends an HTTP/2 connection at twice this number.
    private const int MostFieldsAnswered = 1_000;

    /// <summary>
    /// By so much the server is more patient with a slow reader than <see cref="LimitSettings.ResponseGrace"/>. Over HTTP/2 the server
    /// measures the whole connection and ends it; Router measures each response and resets its stream, which must come first. Enough for
    /// the second between two looks of the server's at its clock.
    /// </summary>
    public static readonly TimeSpan StreamsLead = TimeSpan.FromSeconds(5);

    // "GET" and " HTTP/1.1": two spaces, eight characters, and the line end.
    private const int AroundTarget = 12;

    /// <summary>Sets the limits.</summary>
    public static void Set(KestrelServerLimits server, LimitSettings limits)
    {
        server.MaxRequestBodySize = RuleSettings.DefaultMaxRequestBody;
        // How many connections there may be, ClientConnections says; one that is open may change its protocol.
        (server.MaxConcurrentConnections, server.MaxConcurrentUpgradedConnections) = (null, null);
        server.MaxRequestHeaderCount = Math.Max(limits.MaxHeaderFields, MostFieldsAnswered);
        server.MaxRequestHeadersTotalSize = Math.Max(limits.MaxHeaderSize, MostAnswered);
        server.MaxRequestLineSize = Math.Max(limits.MaxRequestLine, MostAnswered);
        server.Http2.MaxRequestHeaderFieldSize = Math.Max(Math.Max(limits.MaxHeaderSize, limits.MaxRequestLine), MostAnswered);
        server.RequestHeadersTimeout = limits.HeaderTimeout;
        server.KeepAliveTimeout = limits.KeepAliveTimeout;
        server.MinRequestBodyDataRate = limits.MinDataRate == 0 ? null : new MinDataRate(limits.MinDataRate, RequestDeadline.UploadGrace);
        server.MinResponseDataRate =
            limits.MinDataRate == 0 ? null : new MinDataRate(limits.MinDataRate, limits.ResponseGrace + StreamsLead);
    }

    /// <summary>Whether the request line is longer than the configuration allows; over HTTP/2, what it would be in HTTP/1.1.</summary>
    public static bool IsRequestLineTooLong(HttpContext context, LimitSettings limits) =>
        context.Request.Method.Length + context.Feature<IHttpRequestFeature>()!.RawTarget.Length + AroundTarget > limits.MaxRequestLine;

    /// <summary>Responds as the server does to what is too long for itself, without a body.</summary>
    public static Task RefuseRequestLineAsync(HttpContext context)
    {
        ProtectiveHeaders.Add(context.Response);
        context.Response.StatusCode = StatusCodes.Status414UriTooLong;
        // Whoever sends such a line may well send more of them.
        if (context.Request.Protocol.StartsWith("HTTP/1", StringComparison.Ordinal))
            context.Response.Headers.Connection = "close";
        return Task.CompletedTask;
    }
}
