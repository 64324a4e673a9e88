using Router.Metrics;
using Router.Proxy.InFlight;

namespace Router.Telemetry;

/// <summary>
/// Writes one line of JSON to standard output for each request, with the original router's member names. A request creates its line,
/// appends it to the queue, and is done: it never waits for the reader of the output. During shutdown the server stops first and the log
/// last, so that the requests that end meanwhile get their lines too.
/// </summary>
public sealed class AccessLog(Stream? output, RouterMetrics metrics, TimeProvider time) : IHostedService
{
    /// <summary>The maximum number of queued bytes: at 1 KiB for a typical line, half a minute of a thousand requests per second.</summary>
    public const int MaxWaiting = 32 << 20;

    private readonly LineWriter _lines = new("access log", () => output ?? StandardStreams.OpenOutput(), MaxWaiting, metrics.LinesLost);

    /// <summary>Adds the log to the application's services. Add it before the server, which is added last and stopped first.</summary>
    /// <param name="output">The destination of the lines; null for standard output.</param>
    public static void AddTo(IServiceCollection services, Stream? output)
    {
        services.AddSingleton(provider => new AccessLog(
            output,
            provider.GetRequiredService<RouterMetrics>(),
            provider.GetRequiredService<TimeProvider>()
        ));
        services.AddHostedService(provider => provider.GetRequiredService<AccessLog>());
    }

    /// <summary>Writes the line of a completed request.</summary>
    public void Write(HttpContext context, RequestContext request) => _lines.Write(AccessLogLine.Of(context, request, time));

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _lines.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => _lines.StopAsync(cancellationToken);
}
