using System.Diagnostics.Metrics;
using Router.Forwarding;
using Router.Modes;
using Router.Serving;

namespace Router.Observability;

/// <summary>Router's own instruments. Labels are names from the configuration and from closed lists.</summary>
public sealed class RouterMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Router";

    private readonly Meter _meter;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _blocked;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _reloads;

    /// <summary>Creates the instruments.</summary>
    public RouterMetrics(IMeterFactory meters, Traffic traffic)
    {
        _meter = meters.Create(MeterName);
        Traffic = traffic;
        _duration = _meter.CreateHistogram<double>(
            "router.backend.duration", "s", "How long forwarded requests took, from their arrival to the last byte of the answer.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] });
        _blocked = _meter.CreateCounter<long>("router.blocked", "{request}", "Requests that the mode kept from a backend.");
        _failures = _meter.CreateCounter<long>("router.forward.failures", "{request}", "Requests that could not be forwarded, or whose answer broke.");
        _reloads = _meter.CreateCounter<long>("router.table.reloads", "{reload}", "Changes of the configuration that were seen, by what became of them.");
        _meter.CreateObservableCounter("router.requests", traffic.Measurements, "{request}", "Requests on routed and unrouted hosts.");
    }

    /// <summary>The counters by route.</summary>
    public Traffic Traffic { get; }

    /// <summary>Adds the instruments that look at live state.</summary>
    public void Observe(ModeController modes, CurrentSite site)
    {
        _meter.CreateObservableGauge("router.mode", () => ModesOf(modes.Current), "{mode}", "1 for the mode that holds, 0 for the others.");
        _meter.CreateObservableGauge("router.backend.in_flight", () => InFlight(site.Current), "{request}", "Requests that have begun and not ended.");
    }

    /// <summary>A forwarded request has ended.</summary>
    public void Forwarded(string backend, TimeSpan took) => _duration.Record(took.TotalSeconds, new KeyValuePair<string, object?>("backend", backend));

    /// <summary>The mode kept a request from a backend.</summary>
    public void Blocked(Mode mode) => _blocked.Add(1, new KeyValuePair<string, object?>("mode", mode.Name));

    /// <summary>A request could not be forwarded.</summary>
    public void Failed(string backend, ForwardFailure failure) => _failures.Add(
        1, new KeyValuePair<string, object?>("backend", backend), new KeyValuePair<string, object?>("reason", ForwardFailures.NameOf(failure)));

    /// <summary>A change of the configuration was seen.</summary>
    public void Reloaded(bool accepted) => _reloads.Add(1, new KeyValuePair<string, object?>("result", accepted ? "accepted" : "refused"));

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<int>> ModesOf(Mode current) =>
        ModeCatalogue.All.Select(mode => new Measurement<int>(mode == current ? 1 : 0, new KeyValuePair<string, object?>("mode", mode.Name)));

    private static IEnumerable<Measurement<int>> InFlight(Site site) =>
        site.Backends.Select(upstream => new Measurement<int>(upstream.InFlight, new KeyValuePair<string, object?>("backend", upstream.Settings.Name)));
}
