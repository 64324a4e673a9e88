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
/// Spans for a collector that speaks OTLP: the server's own for each request, and one of Router's for its way to the backend and back.
/// Only where the standard variables name a collector; else nothing of it exists, and the client's trace fields pass as they came.
/// </summary>
public sealed class Tracing : IDisposable
{
    /// <summary>The name under which Router's spans are made.</summary>
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

    /// <summary>Adds it to the application's services; the exporter too, where the configuration asks for it.</summary>
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
                    // The variables' name for the service goes before the configuration's.
                    .ConfigureResource(resource => resource.AddEnvironmentVariableDetector())
                    .AddSource(ServerSourceName, SourceName)
                    .AddOtlpExporter()
            );
    }

    /// <summary>Notes what is wrong with the variables. The exporter itself would pass over it, and send to its own default.</summary>
    public static void AddFaults(IConfiguration configuration, ValidationErrors errors)
    {
        foreach (var name in new[] { Endpoint, TracesEndpoint })
        {
            if (
                configuration[name] is { Length: > 0 } address
                && !(Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
            )
                errors.Add(
                    name,
                    $"'{address}' is not an http or https address",
                    "Give the collector's address, such as http://collector.internal:4317"
                );
        }

        foreach (var name in new[] { Protocol, TracesProtocol })
        {
            if (configuration[name] is { Length: > 0 } protocol and not ("grpc" or "http/protobuf"))
                errors.Add(name, $"is '{protocol}'", "Choose one of grpc, http/protobuf");
        }
    }

    /// <summary>
    /// Begins the span of a request's way to a backend and back; null where nothing is traced, or this trace is not recorded.
    /// </summary>
    public Activity? Begin(HttpContext context, Route route, Upstream upstream)
    {
        if (_source is null)
            return null;
        var method = RouterMetrics.KnownMethod(context.Request.Method);
        if (Activity.Current is { IsAllDataRequested: true } server)
        {
            // Named after what the configuration names: the path would make a name for each document.
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

    /// <summary>The span that the backend is to hang its own below; null where nothing is traced.</summary>
    public Activity? Current => _source is null ? null : Activity.Current;

    /// <summary>Ends a span.</summary>
    /// <param name="span">The span, or null.</param>
    /// <param name="status">The status of the answer.</param>
    /// <param name="failure">What went wrong; null where the backend answered.</param>
    public static void End(Activity? span, int status, ForwardFailure? failure)
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
    /// The request is for Router's own endpoints: a platform asks for the health every few seconds, and nobody for these spans.
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
    /// Sends the last spans after the server has stopped. A collector that does not answer must not hold the end up: by itself it would,
    /// for five seconds.
    /// </summary>
    private sealed class TraceFlush(TracerProvider traces) : IHostedService
    {
        private const int PatienceInMilliseconds = 400;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken)
        {
            traces.Shutdown(PatienceInMilliseconds);
            return Task.CompletedTask;
        }
    }
}
