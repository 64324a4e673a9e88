using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Router.Metrics;

/// <summary>
/// The request counters by route. They outlive the route table, so that a reload does not reset what a monitoring system sums up; their
/// labels come from the configuration and from closed lists, never from a client.
/// </summary>
public sealed class Traffic
{
    private readonly ConcurrentDictionary<(string Route, string Backend), RouteTraffic> _all = new();

    /// <summary>The counters of requests that match no route.</summary>
    public RouteTraffic NotRouted => For("none", null);

    /// <summary>The counters of a route.</summary>
    public RouteTraffic For(string route, string? backend) =>
        _all.GetOrAdd((route, backend ?? "none"), static key => new RouteTraffic(key.Route, key.Backend));

    /// <summary>Every non-zero count.</summary>
    public IEnumerable<Measurement<long>> Measurements() => _all.Values.SelectMany(traffic => traffic.Measurements());
}
