using System.Diagnostics.Metrics;
using Router.Http;

namespace Router.Metrics;

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
