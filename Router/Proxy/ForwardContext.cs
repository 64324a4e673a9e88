using System.Diagnostics;
using System.Net;
using Router.Headers;
using Router.Proxy.InFlight;
using Router.Routing;
using Router.Upstreams;

namespace Router.Proxy;

/// <summary>What the forwarder is to do with a request: the decision's outcome with what lives of its route.</summary>
public sealed class ForwardContext
{
    public required Route Route { get; init; }

    /// <summary>Where it goes.</summary>
    public required Upstream Upstream { get; init; }

    /// <summary>The raw path and query.</summary>
    public required string PathAndQuery { get; init; }

    /// <summary>The client's address.</summary>
    public required IPAddress Client { get; init; }

    /// <summary>Whether who connected is a proxy that is believed.</summary>
    public required bool PeerIsTrusted { get; init; }

    /// <summary>The changes to the request's header.</summary>
    public required RequestRules RequestRules { get; init; }

    /// <summary>The changes to the answer's header.</summary>
    public required ResponseHeaderRules HeaderRules { get; init; }

    /// <summary>The page for the backend's errors; null where there is none.</summary>
    public ErrorPage? ErrorPage { get; init; }

    /// <summary>The span that stands for it in the trace; null where Router does not trace.</summary>
    public Activity? Span { get; set; }

    /// <summary>The request on its way.</summary>
    public required RequestRecord Record { get; init; }

    /// <summary>
    /// The backend of whose <c>MaxConcurrentRequests </c> it holds a permit; null while it holds none. One at a time: a request that kept
    /// one while it waits for another could wait for a request that does the same the other way round.
    /// </summary>
    public Upstream? PermitHolder { get; set; }
}
