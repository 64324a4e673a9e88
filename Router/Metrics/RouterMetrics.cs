using System.Diagnostics;
using System.Diagnostics.Metrics;
using Router.Access;
using Router.Http;
using Router.Modes;
using Router.Upstreams;

namespace Router.Metrics;

/// <summary>Router's own instruments. Labels are names from the configuration and from closed lists.</summary>
public sealed class RouterMetrics : IDisposable
{
    public const string MeterName = "Router";

    private static readonly double[] Boundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    private readonly Meter _meter;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _clientDuration;
    private readonly Counter<long> _blocked;
    private readonly Counter<long> _exempted;
    private readonly Counter<long> _rateLimited;
    private readonly Counter<long> _holdEnded;
    private readonly Histogram<double> _holdWait;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _reloads;
    private readonly Counter<long> _linesLost;
    private readonly Counter<long> _logLinesLost;

    public RouterMetrics(IMeterFactory meters, Traffic traffic)
    {
        _meter = meters.Create(MeterName);
        Traffic = traffic;
        _duration = _meter.CreateHistogram<double>(
            "router.backend.duration",
            "s",
            "How long forwarded requests took, from arrival to the last byte of the response.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Boundaries }
        );
        _clientDuration = _meter.CreateHistogram<double>(
            "http.client.request.duration",
            "s",
            "Duration of HTTP client requests.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Boundaries }
        );
        _blocked = _meter.CreateCounter<long>("router.blocked", "{request}", "Requests that the mode rejected.");
        _exempted = _meter.CreateCounter<long>(
            "router.exempted",
            "{request}",
            "Requests forwarded to a backend that the mode closes, by reason."
        );
        _rateLimited = _meter.CreateCounter<long>("router.rate_limited", "{request}", "Requests that a rate limit refused, by limit.");
        _holdEnded = _meter.CreateCounter<long>(
            "router.hold.ended",
            "{request}",
            "Requests that waited for the site to open, by how that ended."
        );
        _holdWait = _meter.CreateHistogram<double>(
            "router.hold.wait",
            "s",
            "How long requests waited for the site to open, however that ended.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300] }
        );
        _failures = _meter.CreateCounter<long>(
            "router.forward.failures",
            "{request}",
            "Requests that could not be forwarded, or whose response broke."
        );
        _reloads = _meter.CreateCounter<long>("router.table.reloads", "{reload}", "Reloads of the configuration, by result.");
        _linesLost = _meter.CreateCounter<long>("router.access_log.lost", "{line}", "Lines of the access log that were lost, by reason.");
        _logLinesLost = _meter.CreateCounter<long>("router.log.lost", "{line}", "Lines of Router's own log that were lost, by reason.");
        _meter.CreateObservableCounter("router.requests", traffic.Measurements, "{request}", "Requests on routed and unrouted hosts.");
    }

    /// <summary>The counters by route.</summary>
    public Traffic Traffic { get; }

    /// <summary>The meter, for instruments that read live state.</summary>
    public Meter Meter => _meter;

    /// <summary>
    /// Creates the series of rare events with the value 0. Otherwise the first event would create its series at 1, and <c>increase()</c>
    /// would not see it. Call it once, after the collection of metrics has started.
    /// </summary>
    public void BeginRareSeries()
    {
        foreach (var isAccepted in new[] { true, false })
            _reloads.Add(0, Result(isAccepted));
        foreach (var reason in new[] { LogLoss.Behind, LogLoss.NotWritten, LogLoss.Stopped })
            _linesLost.Add(0, Reason(reason));
        foreach (var reason in new[] { LogLoss.Behind, LogLoss.NotWritten, LogLoss.Stopped, LogLoss.Limited })
            _logLinesLost.Add(0, Reason(reason));
    }

    /// <summary>Records a forwarded request that has ended.</summary>
    /// <param name="upstream">Where it was forwarded.</param>
    /// <param name="method">Its method; a non-standard one is reported as <c>_OTHER</c>, since clients make them up.</param>
    /// <param name="status">The backend's status; 0 if there was none.</param>
    /// <param name="took">How long it took.</param>
    public void Forwarded(Upstream upstream, string method, int status, TimeSpan took)
    {
        _duration.Record(took.TotalSeconds, new KeyValuePair<string, object?>("backend", upstream.Settings.Name));
        if (upstream.Settings.Http2)
            // For HTTP/2 the framework's handler reports it itself.
            return;
        _clientDuration.Record(
            took.TotalSeconds,
            new TagList
            {
                { "http.request.method", KnownMethod(method) },
                { "http.response.status_code", status == 0 ? null : status },
                { "server.address", upstream.Settings.Addresses.All[0].Host },
            }
        );
    }

    /// <summary>The mode rejected a request.</summary>
    public void Blocked(Mode mode) => _blocked.Add(1, new KeyValuePair<string, object?>("mode", mode.Name));

    /// <summary>A request was forwarded to a backend that the mode closes.</summary>
    public void Exempted(string exemption) => _exempted.Add(1, new KeyValuePair<string, object?>("exemption", exemption));

    /// <summary>A rate limit rejected a request.</summary>
    public void RateLimited(RateLimit limit) => _rateLimited.Add(1, new KeyValuePair<string, object?>("limit", limit.Settings.Name));

    /// <summary>A request no longer waits for the site to open.</summary>
    /// <param name="outcome">How that ended.</param>
    /// <param name="waited">How long it waited.</param>
    public void HoldEnded(string outcome, TimeSpan waited)
    {
        _holdEnded.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
        _holdWait.Record(waited.TotalSeconds);
    }

    /// <summary>A request could not be forwarded.</summary>
    public void Failed(string backend, ForwardFailure failure) =>
        _failures.Add(
            1,
            new KeyValuePair<string, object?>("backend", backend),
            new KeyValuePair<string, object?>("reason", ForwardFailures.NameOf(failure))
        );

    /// <summary>A change of the configuration was processed.</summary>
    public void Reloaded(bool accepted) => _reloads.Add(1, Result(accepted));

    /// <summary>Lines of the access log were lost.</summary>
    public void LinesLost(int count, string reason) => _linesLost.Add(count, Reason(reason));

    /// <summary>Lines of Router's own log were lost.</summary>
    public void LogLinesLost(int count, string reason) => _logLinesLost.Add(count, Reason(reason));

    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?> Result(bool isAccepted) => new("result", isAccepted ? "accepted" : "refused");

    private static KeyValuePair<string, object?> Reason(string reason) => new("reason", reason);

    /// <summary>The method, or <c>_OTHER</c> for one that a client made up.</summary>
    internal static string KnownMethod(string method) =>
        method is "GET" or "HEAD" or "POST" or "PUT" or "DELETE" or "PATCH" or "OPTIONS" or "TRACE" or "CONNECT" ? method : "_OTHER";
}
