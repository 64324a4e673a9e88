using Router.Headers;
using Router.Metrics;
using Router.Pages;
using Router.Proxy;
using Router.Routing;
using Router.Upstreams;

namespace Router.Serving;

/// <summary>A route with what lives of it.</summary>
/// <param name="Route">The route.</param>
/// <param name="Upstream">Its backend's upstream; null where it has none.</param>
/// <param name="File">The file that is its answer; null where there is none.</param>
/// <param name="ErrorPage">The page for its backend's errors; null where there is none.</param>
/// <param name="HeaderRules">The changes to the header of its answers.</param>
/// <param name="Traffic">Its counters.</param>
public sealed record RouteState(
    Route Route,
    Upstream? Upstream,
    FixedFile? File,
    ErrorPage? ErrorPage,
    ResponseHeaderRules HeaderRules,
    RouteTraffic Traffic
);
