using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;
using OpenTelemetry.Metrics;
using Router.Configuration;
using Router.Headers;
using Router.Pages;
using Router.Serving;

namespace Router.Management;

/// <summary>The listener for operators: a separate server, so that nothing of it is reachable through the site's listeners.</summary>
public sealed partial class ManagementServer(
    ManagementSettings settings,
    ManagementGuard guard,
    ManagementConnections connections,
    AcceptFailures failures,
    ModeEndpoint mode,
    StagesEndpoint stages,
    BypassEndpoint bypass,
    FleetEndpoint fleet,
    HistoryEndpoint history,
    ReportEndpoint report,
    TableEndpoints table,
    ReloadEndpoint reload,
    StatusEndpoint status,
    OperatorPage page,
    EventsEndpoint events,
    MeterProvider meters,
    ILoggerFactory loggers,
    ILogger<ManagementServer> logger
) : IHostedService, IAsyncDisposable
{
    private WebApplication? _app;

    /// <summary>Where it listens; null where it does not.</summary>
    public string? Url => _app?.Urls.FirstOrDefault();

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (settings.Url is not { } url)
            return;
        var app = Build(url);
        try
        {
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
            _app = app;
            LogListening(Url!);
        }
        catch (Exception error) when (error is IOException or SocketException or InvalidOperationException or CryptographicException)
        {
            await app.DisposeAsync().ConfigureAwait(false);
            var why =
                new ListenAddress("Router:Management:Url", url).Try(out _)?.Problem.Split(": ", 2)[1]
                ?? error.GetBaseException().Message.TrimEnd('.');
            var problem =
                $"The management interface can't listen on {url}: {why}. Choose another address with Router:Management:Url, or none by "
                + $"setting it empty";
            if (settings.IsChosen)
                throw new ListenException(problem, error);
            // Several routers on one machine: the first has the default address, and the site matters more.
            LogNotListening(problem);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => _app?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync().ConfigureAwait(false);
    }

    private WebApplication Build(string url)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
        builder
            .WebHost.UseKestrelCore()
            .UseKestrelHttpsConfiguration()
            .UseUrls(url)
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxRequestBodySize = 64 << 10;
                kestrel.Limits.RequestHeadersTimeout = ManagementConnections.AcceptTimeout;
                kestrel.ConfigureEndpointDefaults(endpoint =>
                {
                    endpoint.Use(PeerAddress.Normalize);
                    endpoint.Use(connections.Watch);
                });
            });
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton(failures);
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, ServerMemory>();
        builder.Services.AddSingleton<IConnectionListenerFactory, SocketListenerFactory>();
        // The site's own host stops it.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        var app = builder.Build();
        app.Use(
            (context, next) =>
            {
                ProtectiveHeaders.AddManagementPolicy(context.Response);
                var isPublic = page.IsPublic(context.Request);
                if (guard.Refusal(context, isPublic) is not { } refusal)
                {
                    // A client that has only loaded the page has shown no token yet, and may not keep a connection.
                    if (!isPublic || !guard.NeedsToken)
                        connections.Prove(context);
                    return next(context);
                }

                // A client that is refused must not keep a connection.
                context.Response.Headers.Connection = "close";
                return ManagementProblem.WriteAsync(context, refusal);
            }
        );
        app.UseRouting();
        mode.MapTo(app);
        stages.MapTo(app);
        bypass.MapTo(app);
        fleet.MapTo(app);
        history.MapTo(app);
        report.MapTo(app);
        table.MapTo(app);
        reload.MapTo(app);
        page.MapTo(app);
        events.MapTo(app);
        app.MapMethods("/_status", ["GET", "HEAD"], (RequestDelegate)status.HandleAsync);
        app.MapPrometheusScrapingEndpoint("/_metrics", meters, configureBranchedPipeline: null, optionsName: null);
        app.MapFallback(
            (RequestDelegate)(
                context =>
                    ManagementProblem.WriteAsync(
                        context,
                        ProblemDetails.Of("not-found", "Not found", StatusCodes.Status404NotFound, "/openapi.json lists the endpoints.")
                    )
            )
        );
        return app;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The management interface listens on {Url}.")]
    private partial void LogListening(string url);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Problem}.")]
    private partial void LogNotListening(string problem);

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
