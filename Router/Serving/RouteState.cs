using Router.Headers;
using Router.Metrics;
using Router.Pages;
using Router.Routing;
using Router.Upstreams;

namespace Router.Serving;

/// <summary>A route with its runtime state.</summary>
/// <param name="Upstream">Its backend's upstream; null if it has none.</param>
/// <param name="File">The file it responds with; null if there is none.</param>
/// <param name="ErrorPage">The page for its backend's errors; null if there is none.</param>
/// <param name="HeaderRules">The changes to its response headers.</param>
/// <param name="Traffic">Its counters.</param>
public sealed record RouteState(
    Route Route,
    Upstream? Upstream,
    FixedFile? File,
    ErrorPage? ErrorPage,
    ResponseHeaderRules HeaderRules,
    RouteTraffic Traffic
);
