using System.Diagnostics.Metrics;
using OpenTelemetry.Metrics;
using Router.Http;

namespace Router.Metrics;

/// <summary>
/// How many series (sets of labels) an instrument may have; what is more appears as one series with <c>otel_metric_overflow</c>. The SDK
/// reserves 72 bytes for each as soon as the instrument exists: 2,000 for each, its default, are 10 MB for some seventy instruments, and
/// made the collector run during the start. So an instrument whose labels come from closed lists has few, and one with labels from the
/// configuration as many as the configuration can make.
/// </summary>
/// <param name="routes">How many hosts and paths are routed.</param>
/// <param name="addresses">How many addresses the backends have together.</param>
/// <param name="meters">Makes this application's meters.</param>
public sealed class SeriesLimits(int routes, int addresses, IMeterFactory meters)
{
    /// <summary>For labels from closed lists.</summary>
    public const int Closed = 100;

    // Some more, and an array is a large object: the runtime collects all generations to make room for a few of them.
    private const int Min = 1_000;

    private static readonly int MaxReasons = Enum.GetValues<ForwardFailure>().Length;

    // 7 MB for the instrument.
    private const int Max = 100_000;

    // Twice what the configuration can make at the start: reloads add routes.
    private readonly int _byRoute = Math.Clamp(2 * RouteTraffic.MaxSeries * routes, Min, Max);

    // An address has at most as many as there are reasons for a failure. A reload may bring some more addresses.
    private readonly int _byAddress = Math.Clamp(2 * MaxReasons * addresses, Min, Max);

    /// <summary>The view of an instrument.</summary>
    public MetricStreamConfiguration For(Instrument instrument) =>
        // Two more records for each request, of what router_backend_in_flight says already.
        instrument.Name == "http.server.active_requests"
        || IsOfAnotherApplication(instrument.Meter)
            ? MetricStreamConfiguration.Drop
            : new MetricStreamConfiguration { CardinalityLimit = Of(instrument.Name) };

    /// <summary>How many series the instrument of this name may have.</summary>
    public int Of(string instrument) =>
        instrument switch
        {
            "router.requests" => _byRoute,
            "router.retries" or "router.forward.failures" => _byAddress,
            "router.mode.set.info" or "router.rate_limited" or "kestrel.connection.duration" => Min,
            _ when StartsWithAny(instrument, "router.backend.", "http.client.") => _byAddress,
            _ when StartsWithAny(instrument, "router.trusted_proxies", "http.server.") => Min,
            _ => Closed,
        };

    // The SDK takes every meter of the process that has the name. Two applications in one process would count each other's requests.
    private bool IsOfAnotherApplication(Meter meter) => meter.Scope is IMeterFactory other && other != meters;

    private static bool StartsWithAny(string text, string one, string other) =>
        text.StartsWith(one, StringComparison.Ordinal) || text.StartsWith(other, StringComparison.Ordinal);
}
