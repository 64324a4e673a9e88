using Router.Metrics;
using Router.Proxy.InFlight;

namespace Router.Telemetry;

/// <summary>
/// One line of JSON on standard output for each request, in the original router's words.
/// A request makes its line, adds it to those that wait, and is done: it never waits for whoever reads the output.
/// On the way down the server stops first and the log last, so that the requests that end meanwhile have their lines too.
/// </summary>
public sealed class AccessLog(Stream? output, RouterMetrics metrics, TimeProvider time) : IHostedService
{
    /// <summary>The bytes that may wait: at 1 KiB for a usual line, half a minute of a thousand requests each second.</summary>
    public const int MostWaiting = 32 << 20;

    private readonly LineWriter _lines = new("access log", () => output ?? StandardStreams.OpenOutput(), MostWaiting, metrics.LinesLost);

    /// <summary>Adds it to the application's services. It must stand before the server, which is added last and stopped first.</summary>
    /// <param name="services">The services.</param>
    /// <param name="output">Where the lines go; null for standard output.</param>
    public static void AddTo(IServiceCollection services, Stream? output)
    {
        services.AddSingleton(provider => new AccessLog(
            output,
            provider.GetRequiredService<RouterMetrics>(),
            provider.GetRequiredService<TimeProvider>()
        ));
        services.AddHostedService(provider => provider.GetRequiredService<AccessLog>());
    }

    /// <summary>Writes the line of a request that has ended.</summary>
    public void Write(HttpContext context, RequestRecord record) => _lines.Write(AccessLogLine.Of(context, record, time));

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _lines.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => _lines.StopAsync(cancellationToken);
}
