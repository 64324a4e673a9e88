using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.AspNetCore.Connections;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using Router.Configuration;
using Router.Http;
using Router.Management;
using Router.Metrics;
using Router.Proxy.InFlight;
using Router.Samples;
using Router.Serving;
using Router.Telemetry;

namespace Router.Hosting;

/// <summary>The composition root: builds the application from its parts.</summary>
public static class RouterApplication
{
    /// <summary>Builds the application, ready to be started.</summary>
    /// <exception cref="InvalidConfigurationException">The configuration has errors; all of them are in the exception.</exception>
    public static async Task<WebApplication> BuildAsync(StartOptions options)
    {
        var builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions { EnvironmentName = options.EnvironmentName, ContentRootPath = StartOptions.ConfigurationDirectory }
        );
        var files = new ConfigurationFiles();
        files.AddTo(
            builder.Configuration,
            StartOptions.ConfigurationDirectory,
            options.EnvironmentName,
            options.ConfigurationFile,
            options.Environment
        );
        var samples = await SampleSite
            .StartWhereNothingIsConfiguredAsync(builder.Configuration, builder.Environment, options.Time)
            .ConfigureAwait(false);

        var errors = new ValidationErrors();
        var urls = options.ListenUrls(errors);
        files.AddErrors(errors);
        // Every key of a file that cannot be read seems to be missing: report only the file.
        if (errors.Any)
            throw new InvalidConfigurationException(errors);
        var parts = Site.Read(builder.Configuration, errors);
        Tracing.AddErrors(builder.Configuration, errors);
        if (errors.Any)
            throw new InvalidConfigurationException(errors);
        var settings = parts.Settings;

        // Kestrel:Endpoints overrides the addresses; with both set, the server logs a warning.
        if (!builder.Configuration.GetSection(ConfigurationSections.Endpoints).Exists())
            builder.WebHost.UseUrls(urls);
        AddServer(builder, settings.Limits);
        AddLogging(builder, options.Log, isFirstRun: samples is not null && options.IsOnTerminal);
        AddMetrics(builder, parts);
        Tracing.AddTo(builder.Services, builder.Configuration);
        AccessLog.AddTo(builder.Services, options.AccessLog);
        builder.Services.AddRouter(options, files, settings);
        builder.Services.AddSingleton(settings);
        AddFirstSite(builder.Services, parts);
        if (samples is not null)
            builder.Services.AddSingleton(samples);

        var app = builder.Build();
        app.Services.GetRequiredService<LiveGauges>();
        app.Lifetime.ApplicationStarted.Register(app.Services.GetRequiredService<RouterMetrics>().BeginRareSeries);
        MapRequests(app);
        return app;
    }

    // A reload reads a new site, so the parts of the first one need not stay in memory.
    private static void AddFirstSite(IServiceCollection services, SiteParts? parts) =>
        services.AddSingleton(provider =>
        {
            var site = ActivatorUtilities.CreateInstance<CurrentSite>(provider, parts!);
            parts = null;
            return site;
        });

    private static void MapRequests(WebApplication app)
    {
        var handler = app.Services.GetRequiredService<RequestHandler>();
        var limits = app.Services.GetRequiredService<RouterSettings>().Limits;
        app.Use(next =>
            context => ServerLimits.IsRequestLineTooLong(context, limits) ? ServerLimits.RefuseRequestLineAsync(context) : next(context)
        );
        app.Use(own => context => handler.HandleAsync(context, own));
        var gate = app.Services.GetRequiredService<StatusGate>();
        app.Use(next => context => gate.HandleAsync(context, next));
        app.UseRouting();
        var status = app.Services.GetRequiredService<StatusEndpoint>();
        app.Map("/_status/{**rest}", status.HandleAsync);
        app.Map("/_status{suffix}/{**rest}", status.HandleAsync);
        app.MapPrometheusScrapingEndpoint("/_metrics");
    }

    /// <summary>The framework's switch that turns off the server's own watch on certificate files.</summary>
    internal const string CertificateFileWatchingSwitch = "Microsoft.AspNetCore.Server.Kestrel.DisableCertificateFileWatching";

    private static void AddServer(WebApplicationBuilder builder, LimitSettings limits)
    {
        // RFC 9112 section 2.2 lets a server accept a bare LF as the end of a line. Another parser may not, and would see one header where
        // this one sees two.
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        // ConfigurationWatch watches these files too, and swapped links as well. The server's watcher can deadlock in .NET 10: it takes its
        // own lock and that of a change token, and a change takes them in the opposite order. Then the server never listens.
        AppContext.SetSwitch(CertificateFileWatchingSwitch, true);
        builder
            .WebHost.UseKestrelCore()
            .UseKestrelHttpsConfiguration()
            .ConfigureKestrel(
                (context, kestrel) =>
                {
                    kestrel.Configure(context.Configuration.GetSection(ConfigurationSections.Kestrel), reloadOnChange: true);
                    kestrel.ConfigureHttpsDefaults(https =>
                        https.OnAuthenticate = kestrel.ApplicationServices.GetRequiredService<ServerCertificates>().Present
                    );
                    kestrel.AddServerHeader = false;
                    // RFC 9112 section 3.2.2: where the request target has an authority, Host is ignored.
                    kestrel.AllowHostHeaderOverride = true;
                    kestrel.ConfigureEndpointDefaults(endpoint =>
                    {
                        endpoint.Use(PeerAddress.Normalize);
                        endpoint.Use(HalfClose.Watch);
                        endpoint.Use(endpoint.ApplicationServices.GetRequiredService<ClientConnections>().Watch);
                    });
                    ServerLimits.Set(kestrel.Limits, limits);
                    // Header values are octets (RFC 9110 section 5.5); Latin-1 preserves each one.
                    kestrel.RequestHeaderEncodingSelector = static name =>
                        name.Equals("Connection", StringComparison.OrdinalIgnoreCase) ? ConnectionHeaderEncoding.Instance
                        : name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) ? ContentLengthEncoding.Instance
                        : Encoding.Latin1;
                    kestrel.ResponseHeaderEncodingSelector = static _ => HeaderValueEncoding.Instance;
                }
            );
        // A request's work is short and never blocks. To pass it to another thread would cost more than the work.
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, ServerMemory>();
        // The server asks the factory that was registered last first.
        builder.Services.AddSingleton<IConnectionListenerFactory, SocketListenerFactory>();
        builder.Services.AddRoutingCore();
        // Platforms send SIGKILL ten seconds after SIGTERM.
        builder.Services.Configure<HostOptions>(host =>
        {
            host.ShutdownTimeout = TimeSpan.FromSeconds(9);
            // Router's own services recover by themselves. An exception in any other must not stop the host.
            host.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.Ignore;
        });
        builder.Services.Configure<ConsoleLifetimeOptions>(lifetime => lifetime.SuppressStatusMessages = true);
    }

    private static void AddLogging(WebApplicationBuilder builder, Stream? output, bool isFirstRun)
    {
        // On standard error; standard output is for what other programs read. The framework's console logger blocks its callers while
        // nobody reads its output.
        builder.Services.AddSingleton<ILoggerProvider>(provider => new ErrorLog(
            output,
            provider.GetRequiredService<RouterMetrics>(),
            provider.GetRequiredService<TimeProvider>()
        ));
        builder
            .Logging.SetMinimumLevel(LogLevel.Information)
            .AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("System", LogLevel.Warning)
            // If enabled, it creates an Activity for each request. The server itself logs what is wrong with a request.
            .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None)
            // When a start fails, it logs the exception and rethrows it; the caller reports it in one sentence.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None)
            .AddConfiguration(builder.Configuration.GetSection(ConfigurationSections.Logging));
        // The lines for newcomers say where it listens, or that it could not.
        if (isFirstRun)
            builder.Logging.AddFilter(typeof(ManagementServer).FullName, LogLevel.Error);
    }

    private static void AddMetrics(WebApplicationBuilder builder, SiteParts parts)
    {
        var (routes, addresses) = (parts.Table.Routes.Length, parts.Settings.Backends.Sum(backend => backend.Addresses.All.Length));
        builder.Services.ConfigureOpenTelemetryMeterProvider(
            (services, metrics) => metrics.AddView(new SeriesLimits(routes, addresses, services.GetRequiredService<IMeterFactory>()).For)
        );
        builder
            .Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(parts.Settings.ApplicationName))
            .WithMetrics(metrics =>
                metrics
                    .AddMeter(
                        RouterMetrics.MeterName,
                        "Microsoft.AspNetCore.Hosting",
                        "Microsoft.AspNetCore.Server.Kestrel",
                        "System.Net.Http",
                        "System.Runtime"
                    )
                    .AddPrometheusExporter()
            );
    }
}
