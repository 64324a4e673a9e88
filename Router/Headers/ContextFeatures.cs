using Microsoft.AspNetCore.Http.Features;

namespace Router.Headers;

/// <summary>Access to the server's features of a request.</summary>
public static class ContextFeatures
{
    /// <summary>
    /// Returns a feature, or null if the server does not provide it. Looks it up by type instead of the framework's generic method: with
    /// ahead-of-time compilation, a generic interface method is resolved at every call.
    /// </summary>
    public static T? Feature<T>(this HttpContext context)
        where T : class => (T?)context.Features[typeof(T)];

    /// <summary>The WebSocket that the client requests over HTTP/2 with CONNECT (RFC 8441); null if the request is another.</summary>
    public static IHttpExtendedConnectFeature? WebSocketOverHttp2(this HttpContext context) =>
        context.Request.Method is "CONNECT"
        && context.Feature<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true, Protocol: "websocket" } connect
            ? connect
            : null;
}
