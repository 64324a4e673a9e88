using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Router.Http;

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

/// <summary>The counters of one route. Each request increments one of them, without a look-up or an allocation.</summary>
public sealed class RouteTraffic(string route, string backend)
{
    private const int MethodClassCount = 3;
    private const int StatusClassCount = 6;

    /// <summary>How many counters a route can have.</summary>
    public const int MaxSeries = MethodClassCount * StatusClassCount;

    private static readonly string[] MethodClasses = new string[MethodClassCount] { "safe", "idempotent", "unsafe" };
    private static readonly string[] StatusClasses = new string[StatusClassCount] { "1xx", "2xx", "3xx", "4xx", "5xx", "none" };

    private readonly long[] _counts = new long[MaxSeries];

    /// <summary>Counts one request.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="status">The status that the client got; 0 if its connection ended without one.</param>
    public void Count(string method, int status)
    {
        var statusClass = status is >= 100 and < 600 ? (status / 100) - 1 : StatusClassCount - 1;
        Interlocked.Increment(ref _counts[(ClassOf(method) * StatusClassCount) + statusClass]);
    }

    internal IEnumerable<Measurement<long>> Measurements()
    {
        for (var i = 0; i < MaxSeries; i++)
        {
            if (Volatile.Read(ref _counts[i]) is > 0 and var count)
            {
                yield return new Measurement<long>(
                    count,
                    new("route", route),
                    new("backend", backend),
                    new("method_class", MethodClasses[i / StatusClassCount]),
                    new("status_class", StatusClasses[i % StatusClassCount])
                );
            }
        }
    }

    private static int ClassOf(string method) =>
        RequestMethods.IsSafe(method) ? 0
        : RequestMethods.IsIdempotent(method) ? 1
        : 2;
}
