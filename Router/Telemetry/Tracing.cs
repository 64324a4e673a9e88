using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Router.Configuration;
using Router.Http;
using Router.Metrics;
using Router.Routing;
using Router.Upstreams;

namespace Router.Telemetry;

/// <summary>
/// Spans for an OTLP collector: the server's own span for each request, and one of Router's for the round trip to the backend. Only if the
/// standard variables name a collector; otherwise no tracing exists, and the client's trace headers are forwarded unchanged.
/// </summary>
public sealed class Tracing : IDisposable
{
    /// <summary>The source name of Router's spans.</summary>
    public const string SourceName = "Router";

    // ASP.NET Core's source, and the switch that keeps the names of OpenTelemetry's semantic conventions out of its spans.
    private const string ServerSourceName = "Microsoft.AspNetCore";
    private const string ServerSuppression = "Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData";

    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string TracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    private const string Protocol = "OTEL_EXPORTER_OTLP_PROTOCOL";
    private const string TracesProtocol = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL";

    private readonly ActivitySource? _source;

    private Tracing(bool on) => _source = on ? new ActivitySource(SourceName) : null;

    /// <summary>Adds tracing to the application's services, with the exporter if the configuration requests it.</summary>
    public static void AddTo(IServiceCollection services, IConfiguration configuration)
    {
        var on = IsOn(configuration);
        services.AddSingleton(new Tracing(on));
        if (!on)
            return;
        AppContext.SetSwitch(ServerSuppression, false);
        services.AddSingleton<DistributedContextPropagator, TraceParents>();
        services.AddHostedService<TraceFlush>();
        services
            .AddOpenTelemetry()
            .WithTracing(traces =>
                traces
                    // A service name set by the variables overrides the configuration's.
                    .ConfigureResource(resource => resource.AddEnvironmentVariableDetector())
                    .AddSource(ServerSourceName, SourceName)
                    .AddOtlpExporter()
            );
    }

    /// <summary>Records errors in the variables. The exporter itself would ignore them and send to its own default.</summary>
    public static void AddErrors(IConfiguration configuration, ValidationErrors errors)
    {
        foreach (var name in new[] { Endpoint, TracesEndpoint })
        {
            if (configuration[name] is { Length: > 0 } address && !HttpAddress.TryParse(address, out _))
                errors.Add(name, HttpAddress.Problem(address), "Give the collector's address, such as http://collector.internal:4317");
        }

        foreach (var name in new[] { Protocol, TracesProtocol })
        {
            if (configuration[name] is { Length: > 0 } protocol and not ("grpc" or "http/protobuf"))
                errors.Add(name, $"is '{protocol}'", "Choose one of grpc, http/protobuf");
        }
    }

    /// <summary>Starts the span of a request's round trip to a backend; null if tracing is off or this trace is not recorded.</summary>
    public Activity? StartSpan(HttpContext context, Route route, Upstream upstream)
    {
        if (_source is null)
            return null;
        var method = RouterMetrics.KnownMethod(context.Request.Method);
        if (Activity.Current is { IsAllDataRequested: true } server)
        {
            // Named after configured names: the path would create a name for each document.
            server.DisplayName = $"{method} {route.Name}";
            server.SetTag("router.route", route.Name);
        }

        var span = _source.StartActivity(method, ActivityKind.Client);
        if (span is { IsAllDataRequested: true })
        {
            var address = upstream.Settings.Addresses.All[0];
            span.SetTag("http.request.method", method);
            span.SetTag("server.address", address.Host);
            span.SetTag("server.port", address.Port);
            span.SetTag("router.backend", upstream.Settings.Name);
        }

        return span;
    }

    /// <summary>The parent span for the backend's own spans; null if tracing is off.</summary>
    public Activity? Current => _source is null ? null : Activity.Current;

    /// <param name="span">The span, or null.</param>
    /// <param name="status">The status of the response.</param>
    /// <param name="failure">The error; null if the backend responded.</param>
    public static void EndSpan(Activity? span, int status, ForwardFailure? failure)
    {
        if (span is null)
            return;
        if (failure is { } reason)
            span.SetTag("error.type", ForwardFailures.NameOf(reason)).SetStatus(ActivityStatusCode.Error);
        else
            span.SetTag("http.response.status_code", status).SetStatus(status >= 400 ? ActivityStatusCode.Error : ActivityStatusCode.Unset);
        span.Dispose();
    }

    /// <summary>
    /// Drops the span of a request for Router's own endpoints: a platform checks the health every few seconds, and these spans are of no
    /// use.
    /// </summary>
    public void Ignore()
    {
        if (Current is not { } server)
            return;
        server.IsAllDataRequested = false;
        server.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
    }

    public void Dispose() => _source?.Dispose();

    private static bool IsOn(IConfiguration configuration) =>
        (configuration[Endpoint] is { Length: > 0 } || configuration[TracesEndpoint] is { Length: > 0 })
        && !string.Equals(configuration["OTEL_SDK_DISABLED"], "true", StringComparison.OrdinalIgnoreCase)
        && configuration["OTEL_TRACES_EXPORTER"] is null or "" or "otlp";

    /// <summary>
    /// Sends the last spans after the server has stopped. A collector that does not respond must not delay the shutdown: by default it
    /// would, for five seconds.
    /// </summary>
    private sealed class TraceFlush(TracerProvider traces) : IHostedService
    {
        private const int TimeoutInMilliseconds = 400;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken)
        {
            traces.Shutdown(TimeoutInMilliseconds);
            return Task.CompletedTask;
        }
    }
}
