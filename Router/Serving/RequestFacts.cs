using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Router.Admission;
using Router.Headers;
using Router.Proxy;
using Router.Routing;

namespace Router.Serving;

/// <summary>What admission and routing ask about a request, read from it.</summary>
internal static class RequestFacts
{
    public static AdmissionRequest AdmissionRequestOf(HttpContext context, string modeMethod, IPAddress client) =>
        new(context.Request.Method, modeMethod, context.Request.Path.Value ?? "", client, context.Request);

    /// <summary>
    /// The method. RFC 8441 section 5: a WebSocket requested with CONNECT over HTTP/2 is requested with GET over HTTP/1.1.
    /// </summary>
    public static string MethodOf(HttpContext context) => context.WebSocketOverHttp2() is null ? context.Request.Method : "GET";

    /// <summary>The modes treat an upgrade request as what it becomes: a tunnel, through which anything may be written.</summary>
    public static string ModeMethodOf(HttpContext context, string method) => Forwarder.AsksForUpgrade(context) ? "CONNECT" : method;

    /// <summary>The route of a request, and the target that its backend gets.</summary>
    public static RouteMatch Match(Site site, HttpContext context, out string pathAndQuery)
    {
        pathAndQuery = context.Feature<IHttpRequestFeature>()!.RawTarget;
        if (!RequestTarget.TryRead(pathAndQuery, out var target))
            return RouteMatch.Malformed("the request target is not one of the forms of RFC 9112 section 3.2, or has invalid characters");
        if (RequestFraming.ViolationOf(context) is { } violation)
            return RouteMatch.Malformed(violation);
        if (target.Form != TargetForm.Absolute)
        {
            // HTTP/1.0 has no Host header, and some health checks still use it: treat it as a host without a route, not as an error.
            return context.Request.Headers.Host.Count == 0 && HttpProtocol.IsHttp10(context.Request.Protocol)
                ? RouteMatch.NotRouted
                : site.Table.Match(context.Request.Headers.Host.ToString(), target.Path);
        }

        pathAndQuery = target.PathAndQuery.ToString();
        return site.Table.Match(target.Authority, target.Path);
    }
}
