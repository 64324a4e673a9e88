using System.Diagnostics;
using System.Net;
using Router.Headers;
using Router.Proxy.InFlight;
using Router.Routing;
using Router.Upstreams;

namespace Router.Proxy;

/// <summary>Everything the forwarder needs for one request: the admission decision and the runtime state of the route.</summary>
public sealed class ForwardContext
{
    public required Route Route { get; init; }

    /// <summary>The backend that receives the request.</summary>
    public required Upstream Upstream { get; init; }

    /// <summary>The path and query exactly as received.</summary>
    public required string PathAndQuery { get; init; }

    /// <summary>The client's IP address.</summary>
    public required IPAddress Client { get; init; }

    /// <summary>Whether the directly connected peer is a trusted proxy.</summary>
    public required bool PeerIsTrusted { get; init; }

    /// <summary>The changes to the request headers.</summary>
    public required RequestRules RequestRules { get; init; }

    /// <summary>The changes to the response headers.</summary>
    public required ResponseHeaderRules HeaderRules { get; init; }

    /// <summary>The page that replaces the backend's error responses; null if none is configured.</summary>
    public ErrorPage? ErrorPage { get; init; }

    /// <summary>The tracing span of the request; null if Router does not trace.</summary>
    public Activity? Span { get; set; }

    /// <summary>The record of the request in flight.</summary>
    public required RequestRecord Record { get; init; }

    /// <summary>
    /// Whether a request that was stopped by <see cref="Http.ForwardFailure.Closed"/> may be forwarded later: nothing of its body has been
    /// read.
    /// </summary>
    public bool MayStartOver { get; set; }

    /// <summary>
    /// The backend whose <c>MaxConcurrentRequests</c> permit the request holds; null while it holds none. A request holds at most one
    /// permit: if it kept one while waiting for another, two requests could deadlock by waiting for each other's permits.
    /// </summary>
    public Upstream? PermitHolder { get; set; }
}
