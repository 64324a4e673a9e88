using System.Diagnostics.Metrics;
using Router.Background;
using Router.Configuration;
using Router.Holding;
using Router.Http;
using Router.Metrics;
using Router.Modes;
using Router.Proxy.InFlight;
using Router.Switching;
using Router.Upstreams;

namespace Router.Serving;

/// <summary>Instruments that read live state when they are collected, and cost nothing until then.</summary>
public sealed class LiveGauges
{
    private readonly ModeController _modes;
    private readonly CurrentSite _site;
    private readonly UpstreamRegistry _upstreams;

    /// <summary>Adds the instruments to Router's meter.</summary>
    public LiveGauges(
        RouterMetrics metrics,
        ModeController modes,
        StoreHealth store,
        FleetReporter fleet,
        InFlightRequests inFlight,
        UncertainWrites uncertain,
        StageTraffic stages,
        CurrentSite site,
        UpstreamRegistry upstreams,
        BackgroundFailures failures,
        ClientConnections connections,
        AcceptFailures accepting,
        HeldRequests hold,
        FleetClock time
    )
    {
        (_modes, _site, _upstreams) = (modes, site, upstreams);
        var meter = metrics.Meter;
        meter.CreateObservableGauge(
            "router.build.info",
            () =>
                new Measurement<int>(
                    1,
                    new KeyValuePair<string, object?>("version", BuildInfo.Version),
                    new KeyValuePair<string, object?>("revision", BuildInfo.Revision)
                ),
            null,
            "1; the labels say what runs."
        );
        meter.CreateObservableGauge("router.mode", Modes, "{mode}", "1 for the current mode, 0 for the others.");
        meter.CreateObservableGauge("router.mode.set.info", SetBy, null, "1; the labels say who set the current mode, and the ticket.");
        meter.CreateObservableGauge(
            "router.mode.version",
            () => modes.State.Record.Version.Number,
            "{version}",
            "The version of the mode's record that this instance has."
        );
        meter.CreateObservableGauge(
            "router.mode.overrun",
            () => modes.State.OverrunAt(time.GetUtcNow()).TotalSeconds,
            "s",
            "By how much the announced end has passed while the site is not open."
        );
        meter.CreateObservableGauge(
            "router.hold.requests",
            () => hold.Waiting.Count,
            "{request}",
            "Requests that wait for the site to open."
        );
        meter.CreateObservableGauge(
            "router.hold.oldest",
            () => hold.Waiting.Oldest.TotalSeconds,
            "s",
            "For how long the oldest of them has waited."
        );
        meter.CreateObservableGauge(
            "router.hold.overdue",
            () => hold.OverdueIn(modes.State, time.GetUtcNow()).TotalSeconds,
            "s",
            "By how much the mode has held requests for longer than one may wait, with no change scheduled to end it."
        );
        meter.CreateObservableGauge(
            "router.mode.window_age",
            () => modes.State.WindowAgeAt(time.GetUtcNow()).TotalSeconds,
            "s",
            "How long the site has not been open."
        );
        meter.CreateObservableGauge(
            "router.mode.store_problem",
            () => store.Problem is null ? 0 : 1,
            "{problem}",
            "1 if the mode cannot be read or understood; it remains what it was."
        );
        meter.CreateObservableGauge(
            "router.mode.switch_problem",
            () => store.Isolation is null ? 0 : 1,
            "{problem}",
            "1 if the mode store can be read but not written, so nobody can switch the fleet."
        );
        meter.CreateObservableGauge(
            "router.fleet.verdict",
            () => Verdicts(fleet.Published),
            null,
            "1 for the verdict on the fleet, 0 for the others; safe only if a restore may begin."
        );
        meter.CreateObservableGauge(
            "router.fleet.instances",
            () => Instances(fleet.Published),
            "{instance}",
            "Instances of the fleet, by state: live, or vanished and not known to have ended."
        );
        meter.CreateObservableGauge(
            "router.fleet.unsettled_writes",
            () => fleet.Published?.Unsettled ?? 0,
            "{request}",
            "Writes of unknown outcome that an application may still be applying."
        );
        meter.CreateObservableGauge(
            "router.mode.blocking_requests",
            () => inFlight.BlockingFor(modes.State).Count,
            "{request}",
            "Requests and upgraded connections in flight to what the mode closes."
        );
        meter.CreateObservableCounter(
            "router.uncertain_writes",
            () => uncertain.Count,
            "{request}",
            "Requests with an unsafe method, and WebSockets, that reached a backend and did not complete."
        );
        meter.CreateObservableCounter(
            "router.background.failures",
            () => failures.Counts.Select(work => new Measurement<long>(work.Count, new KeyValuePair<string, object?>("work", work.Work))),
            "{failure}",
            "Errors of background work, which continues; the log names each once."
        );
        meter.CreateObservableGauge(
            "router.reopening.stage",
            () => Plan?.Stage + 1 ?? 0,
            "{stage}",
            "The stage of a reopening, from 1 on; 0 while the site is not reopened in stages."
        );
        meter.CreateObservableGauge(
            "router.reopening.share",
            () => Plan?.Share / 100 ?? 0,
            "1",
            "The share of the clients to whom a reopening in stages has opened the site, from 0 to 1."
        );
        meter.CreateObservableGauge(
            "router.reopening.requests",
            () => stages.Current?.Requests ?? 0,
            "{request}",
            "Requests that this instance forwarded because of the stage of a reopening."
        );
        meter.CreateObservableGauge(
            "router.reopening.failures",
            () => stages.Current?.Failures ?? 0,
            "{request}",
            "Those of them that failed: with a status of 5xx, or without a complete response."
        );
        meter.CreateObservableGauge(
            "router.reopening.fell_back",
            () => modes.State.RecordStep.FellBack is null ? 0 : 1,
            "{reopening}",
            "1 where a reopening fell back to the mode in force by itself, and no operator has set a mode since."
        );
        meter.CreateObservableCounter(
            "router.closed_forwards",
            () => inFlight.ClosedCount,
            "{request}",
            "Requests forwarded although the mode had closed their backend before they arrived. Any value above 0 is a bug in Router."
        );
        meter.CreateObservableGauge("router.connections", () => connections.Open, "{connection}", "Open connections of clients.");
        meter.CreateObservableGauge(
            "router.connections.limit",
            () => connections.Limit,
            "{connection}",
            "How many connections of clients may be open; more are closed."
        );
        meter.CreateObservableCounter(
            "router.connections.refused",
            () => connections.Refused,
            "{connection}",
            "Connections of clients that were closed because the limit was reached."
        );
        meter.CreateObservableCounter(
            "router.accept.failures",
            () => accepting.Count,
            "{attempt}",
            "Connections that could not be accepted for lack of descriptors or memory."
        );
        meter.CreateObservableGauge("router.backend.in_flight", InFlight, "{request}", "Requests in flight.");
        meter.CreateObservableGauge("router.backend.upgraded", Upgraded, "{connection}", "Open WebSockets and other upgraded connections.");
        meter.CreateObservableGauge(
            "router.backend.circuit",
            Circuits,
            "{state}",
            "1 for the state of the circuit breaker of an address, 0 for the others."
        );
        meter.CreateObservableCounter(
            "router.retries",
            Retries,
            "{attempt}",
            "Requests that were sent to a backend again, by what had gone wrong."
        );
        meter.CreateObservableGauge("router.trusted_proxies", TrustedProxies, "{range}", "Address ranges of trusted proxies, by list.");
        meter.CreateObservableGauge(
            "router.trusted_proxies.age",
            TrustedProxyAges,
            "s",
            "How long ago a list of trusted proxies was last read; absent if it never was."
        );
        // The framework's handler reports this for HTTP/2. Name and labels follow the semantic conventions for both.
        meter.CreateObservableUpDownCounter(
            "http.client.open_connections",
            Connections,
            "{connection}",
            "Number of outbound HTTP connections that are currently active or idle on the client."
        );
    }

    // The observer publishes the fleet's verdict, so that every instance reports the same. Without a current verdict, nothing is reported
    // as safe.
    private IEnumerable<Measurement<int>> Verdicts(PublishedVerdict? published)
    {
        var current = published is { } known && known.Version == _modes.State.Record.Version ? known.State : VerdictState.NotSafe;
        return Enum.GetValues<VerdictState>()
            .Select(state => new Measurement<int>(
                state == current ? 1 : 0,
                new KeyValuePair<string, object?>("verdict", state.JsonName())
            ));
    }

    private static IEnumerable<Measurement<int>> Instances(PublishedVerdict? published) =>
        [
            new(published?.Live ?? 0, new KeyValuePair<string, object?>("state", InstanceState.Live.JsonName())),
            new(published?.Vanished ?? 0, new KeyValuePair<string, object?>("state", InstanceState.Vanished.JsonName())),
        ];

    private Reopening? Plan => _modes.Current.Stage?.Plan;

    private Measurement<int> SetBy()
    {
        var step = _modes.State.Step;
        return new Measurement<int>(1, new("mode", step.Mode.Name), new("by", step.By ?? ""), new("ticket", step.Ticket ?? ""));
    }

    private IEnumerable<Measurement<int>> Modes() =>
        ModeCatalogue.AllNames.Select(name => new Measurement<int>(
            name == _modes.Current.Name ? 1 : 0,
            new KeyValuePair<string, object?>("mode", name)
        ));

    private IEnumerable<Measurement<int>> InFlight() =>
        _site.Current.Backends.Select(upstream => new Measurement<int>(_upstreams.InFlight(upstream.Settings.Name), Backend(upstream)));

    private IEnumerable<Measurement<int>> Upgraded() =>
        _site.Current.Backends.Select(upstream => new Measurement<int>(_upstreams.Upgraded(upstream.Settings.Name), Backend(upstream)));

    private IEnumerable<Measurement<long>> Retries() =>
        from upstream in _site.Current.Backends
        from failure in Enum.GetValues<ForwardFailure>()
        let count = upstream.Retries.Of(failure)
        where count > 0
        select new Measurement<long>(count, Backend(upstream), new("reason", ForwardFailures.NameOf(failure)));

    private IEnumerable<Measurement<int>> TrustedProxies() =>
        _site.Current.Proxies.Lists.Select(list => new Measurement<int>(
            list.Ranges.Length,
            new KeyValuePair<string, object?>("list", list.Settings.Name)
        ));

    private IEnumerable<Measurement<double>> TrustedProxyAges() =>
        from list in _site.Current.Proxies.Lists
        where list.Age is not null
        select new Measurement<double>(list.Age!.Value.TotalSeconds, new KeyValuePair<string, object?>("list", list.Settings.Name));

    private IEnumerable<Measurement<int>> Connections() =>
        from upstream in _site.Current.Backends
        where !upstream.Settings.Http2
        from endpoint in upstream.Destinations
        from state in new[] { (Name: "idle", Count: endpoint.Pool.Idle), (Name: "active", Count: endpoint.InFlight) }
        // Several backends may have the same address, and the exporter keeps one measurement of those with the same labels.
        group state.Count by (state.Name, endpoint.Address.Host, endpoint.Address.Port, endpoint.Address.Scheme) into same
        select new Measurement<int>(
            same.Sum(),
            new("http.connection.state", same.Key.Name),
            new("server.address", same.Key.Host),
            new("server.port", same.Key.Port),
            new("url.scheme", same.Key.Scheme)
        );

    private IEnumerable<Measurement<int>> Circuits() =>
        from upstream in _site.Current.Backends
        from endpoint in upstream.Destinations
        from state in Enum.GetValues<CircuitState>()
        select new Measurement<int>(
            endpoint.Circuit == state ? 1 : 0,
            Backend(upstream),
            new("address", endpoint.Address.GetLeftPart(UriPartial.Authority)),
            new("state", state.JsonName())
        );

    private static KeyValuePair<string, object?> Backend(Upstream upstream) => new("backend", upstream.Settings.Name);
}
