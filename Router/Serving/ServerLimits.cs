using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Router.Configuration;
using Router.Headers;
using Router.Proxy.InFlight;

namespace Router.Serving;

/// <summary>
/// The limits of the server. Over HTTP/2 the server ends a stream or the whole connection without a response if its own header limits are
/// exceeded. So they are larger than the configured limits, which Router applies itself, to HTTP/1.1 and HTTP/2 alike.
/// </summary>
public static class ServerLimits
{
    /// <summary>
    /// Up to this size the request line, a single header and the header section as a whole get a 414 or 431 from Router. For the whole
    /// section, the server responds with 431 itself up to twice this size, and ends an HTTP/2 connection beyond that, as it does for a
    /// single header beyond this size. Large enough for a path of 64 KiB. A connection's header decoder may hold three strings of this
    /// size, 288 KiB; a connection may hold 1 MiB of unread bodies.
    /// </summary>
    public const int MaxRespondedTo = 96 << 10;

    // The server ends an HTTP/2 connection at twice this number.
    private const int MaxHeadersRespondedTo = 1_000;

    /// <summary>
    /// How much longer than <see cref="LimitSettings.ResponseGrace"/> the server waits for a slow reader. Over HTTP/2 the server measures
    /// the whole connection and ends it; Router measures each response and resets its stream, which must happen first. Long enough for the
    /// second between two checks of the server's timer.
    /// </summary>
    public static readonly TimeSpan StreamTimeoutMargin = TimeSpan.FromSeconds(5);

    // The server accepts no shorter one.
    private static readonly TimeSpan MinPingDelay = TimeSpan.FromSeconds(1);

    // "GET" and " HTTP/1.1": two spaces, eight characters, and the line end.
    private const int AroundTarget = 12;

    public static void Set(KestrelServerLimits server, LimitSettings limits)
    {
        server.MaxRequestBodySize = RouteSettings.DefaultMaxRequestBody;
        // ClientConnections limits the number of connections, and any open connection may be upgraded.
        (server.MaxConcurrentConnections, server.MaxConcurrentUpgradedConnections) = (null, null);
        server.MaxRequestHeaderCount = Math.Max(limits.MaxHeaderCount, MaxHeadersRespondedTo);
        server.MaxRequestHeadersTotalSize = Math.Max(limits.MaxHeaderSize, MaxRespondedTo);
        server.MaxRequestLineSize = Math.Max(limits.MaxRequestLine, MaxRespondedTo);
        server.Http2.MaxRequestHeaderFieldSize = Math.Max(Math.Max(limits.MaxHeaderSize, limits.MaxRequestLine), MaxRespondedTo);
        server.RequestHeadersTimeout = limits.HeaderTimeout;
        server.KeepAliveTimeout = limits.KeepAliveTimeout;
        server.MinRequestBodyDataRate = limits.MinDataRate == 0 ? null : new MinDataRate(limits.MinDataRate, UploadRate.Grace);
        if (limits.MinDataRate == 0)
        {
            server.MinResponseDataRate = null;
            return;
        }

        var timeout = limits.ResponseGrace + StreamTimeoutMargin;
        server.MinResponseDataRate = new MinDataRate(limits.MinDataRate, timeout);
        // The server ends an HTTP/2 connection if it can send nothing at all for that long while a stream waits for its client. A PING
        // frame counts as sent. So a client that still reads, and acknowledges it, keeps the connection although it does not take one of
        // its responses; a client that reads nothing does not acknowledge it.
        server.Http2.KeepAlivePingDelay = limits.ResponseGrace / 2 > MinPingDelay ? limits.ResponseGrace / 2 : MinPingDelay;
        server.Http2.KeepAlivePingTimeout = timeout;
    }

    /// <summary>Whether the request line exceeds the configured length; for HTTP/2, the length it would have in HTTP/1.1.</summary>
    public static bool IsRequestLineTooLong(HttpContext context, LimitSettings limits) =>
        context.Request.Method.Length + context.Feature<IHttpRequestFeature>()!.RawTarget.Length + AroundTarget > limits.MaxRequestLine;

    /// <summary>Responds without a body, as the server does to a request line that exceeds its own limit.</summary>
    public static Task RefuseRequestLineAsync(HttpContext context)
    {
        ProtectiveHeaders.Add(context.Response);
        context.Response.StatusCode = StatusCodes.Status414UriTooLong;
        // A client that sends such a line may well send more of them.
        if (context.Request.Protocol.StartsWith("HTTP/1", StringComparison.Ordinal))
            context.Response.Headers.Connection = "close";
        return Task.CompletedTask;
    }
}
