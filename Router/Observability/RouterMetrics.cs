using System.Diagnostics;
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

    private static readonly double[] Boundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
    private static readonly object[] BoxedStatus = [.. Enumerable.Range(100, 900).Select(status => (object)status)];
    private static readonly string[] CircuitStates = ["closed", "half_open", "open"];

    private readonly Meter _meter;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _clientDuration;
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
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Boundaries });
        _clientDuration = _meter.CreateHistogram<double>(
            "http.client.request.duration", "s", "Duration of HTTP client requests.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Boundaries });
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
        _meter.CreateObservableCounter("router.retries", () => Repeats(site.Current), "{attempt}", "Requests that were sent to a backend again, by what had gone wrong before.");
        // The framework's handler reports this for HTTP/2; the name and labels are the semantic conventions' for both.
        _meter.CreateObservableUpDownCounter("http.client.open_connections", () => Connections(site.Current), "{connection}", "Number of outbound HTTP connections that are currently active or idle on the client.");
        _meter.CreateObservableGauge("router.backend.upgraded", () => Upgraded(site.Current), "{connection}", "Open connections that have changed their protocol, such as WebSockets.");
        _meter.CreateObservableGauge("router.backend.circuit", () => Circuits(site.Current), "{state}", "1 for the state in which the circuit breaker of an address is, 0 for the others.");
    }

    /// <summary>A forwarded request has ended.</summary>
    /// <param name="upstream">Where it went.</param>
    /// <param name="method">Its method; one that is not of the standard's is called <c>_OTHER</c>, since clients make them up.</param>
    /// <param name="status">The status that the backend gave; 0 where it gave none.</param>
    /// <param name="took">How long it took.</param>
    public void Forwarded(Upstream upstream, string method, int status, TimeSpan took)
    {
        _duration.Record(took.TotalSeconds, new KeyValuePair<string, object?>("backend", upstream.Settings.Name));
        if (upstream.Settings.Http2)
            // There the framework's handler reports it itself.
            return;
        _clientDuration.Record(
            took.TotalSeconds,
            new TagList
            {
                { "http.request.method", KnownMethod(method) },
                { "http.response.status_code", status == 0 ? null : BoxedStatus[status - 100] },
                { "server.address", upstream.Settings.Addresses.All[0].Host },
            });
    }

    /// <summary>The mode kept a request from a backend.</summary>
    public void Blocked(Mode mode) => _blocked.Add(1, new KeyValuePair<string, object?>("mode", mode.Name));

    /// <summary>A request could not be forwarded.</summary>
    public void Failed(string backend, ForwardFailure failure) => _failures.Add(
        1, new KeyValuePair<string, object?>("backend", backend), new KeyValuePair<string, object?>("reason", ForwardFailures.NameOf(failure)));

    /// <summary>A change of the configuration was seen.</summary>
    public void Reloaded(bool accepted) => _reloads.Add(1, new KeyValuePair<string, object?>("result", accepted ? "accepted" : "refused"));

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private static string KnownMethod(string method) =>
        method is "GET" or "HEAD" or "POST" or "PUT" or "DELETE" or "PATCH" or "OPTIONS" or "TRACE" or "CONNECT" ? method : "_OTHER";

    private static IEnumerable<Measurement<int>> ModesOf(Mode current) =>
        ModeCatalogue.All.Select(mode => new Measurement<int>(mode == current ? 1 : 0, new KeyValuePair<string, object?>("mode", mode.Name)));

    private static IEnumerable<Measurement<int>> InFlight(Site site) =>
        site.Backends.Select(upstream => new Measurement<int>(upstream.InFlight, new KeyValuePair<string, object?>("backend", upstream.Settings.Name)));

    private static IEnumerable<Measurement<int>> Upgraded(Site site) =>
        site.Backends.Select(upstream => new Measurement<int>(upstream.Upgraded, new KeyValuePair<string, object?>("backend", upstream.Settings.Name)));

    private static IEnumerable<Measurement<long>> Repeats(Site site) =>
        from upstream in site.Backends
        from failure in Enum.GetValues<ForwardFailure>()
        let count = upstream.Repeats.Of(failure)
        where count > 0
        select new Measurement<long>(count, new("backend", upstream.Settings.Name), new("reason", ForwardFailures.NameOf(failure)));

    private static IEnumerable<Measurement<int>> Connections(Site site) =>
        from upstream in site.Backends
        where !upstream.Settings.Http2
        from endpoint in upstream.Endpoints
        from state in new[] { ("idle", endpoint.Pool.Idle), ("active", endpoint.InFlight) }
        select new Measurement<int>(
            state.Item2,
            new("http.connection.state", state.Item1),
            new("server.address", endpoint.Address.Host),
            new("server.port", endpoint.Address.Port),
            new("url.scheme", endpoint.Address.Scheme));

    private static IEnumerable<Measurement<int>> Circuits(Site site) =>
        from upstream in site.Backends
        from endpoint in upstream.Endpoints
        from state in CircuitStates
        select new Measurement<int>(
            endpoint.Circuit == state ? 1 : 0,
            new("backend", upstream.Settings.Name),
            new("address", endpoint.Address.GetLeftPart(UriPartial.Authority)),
            new("state", state));
}
