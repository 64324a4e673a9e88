using Router.Access;
using Router.Admission;
using Router.Background;
using Router.Configuration;
using Router.Holding;
using Router.Management;
using Router.Metrics;
using Router.Modes;
using Router.Modes.Stores;
using Router.Pages;
using Router.Proxy;
using Router.Proxy.InFlight;
using Router.Serving;
using Router.Switching;
using Router.Upstreams;

namespace Router.Hosting;

/// <summary>Registers Router's services, grouped by folder.</summary>
internal static class RouterServices
{
    /// <summary>Adds everything that is not the framework's.</summary>
    public static void AddRouter(this IServiceCollection services, StartOptions options, ConfigurationFiles files, RouterSettings settings)
    {
        services.AddHttpClient();
        services.ConfigureHttpClientDefaults(client => client.RemoveAllLoggers());
        services.AddSingleton(options.Time);
        services.AddSingleton(files);
        services.AddSingleton<IConfigurationRoot>(provider => (IConfigurationRoot)provider.GetRequiredService<IConfiguration>());
        AddModes(services, options.Time, settings.ModeStore);
        AddSwitching(services);
        AddForwarding(services);
        AddServing(services);
        AddManagement(services, options.Management ?? settings.Management);
        AddBackgroundWork(services);
    }

    private static void AddModes(IServiceCollection services, TimeProvider time, ModeStoreSettings settings)
    {
        var (store, clock) = (ModeStores.Open(settings, time), new FleetClock(time));
        services.AddSingleton(store);
        services.AddSingleton(clock);
        // By a factory: what the container makes it also disposes.
        services.AddSingleton(_ => new ModeController(
            clock,
            ModeRecord.Unknown(clock.GetUtcNow()),
            settings.Lease,
            store.NeedsRegistration && !settings.ConfiguredModeWhenUnreachable
        )
        {
            Contact = store.IsShared ? new StoreContact(time, settings.HeartbeatExpiry) : null,
        });
    }

    private static void AddSwitching(IServiceCollection services)
    {
        services.AddSingleton<InstanceReporter>();
        services.AddSingleton<Fleet>();
        services.AddSingleton<FleetReporter>();
        services.AddSingleton<ModeHistory>();
        services.AddSingleton<StoreHealth>();
        services.AddSingleton<StoredRecord>();
        services.AddSingleton<InitialRecord>();
        services.AddSingleton<StorePoller>();
        services.AddSingleton<ModeChanger>();
        services.AddSingleton<ReopeningGate>();
        services.AddSingleton<StageTraffic>();
        services.AddSingleton<Drain>();
    }

    private static void AddForwarding(IServiceCollection services)
    {
        services.AddSingleton<UpstreamRegistry>();
        services.AddSingleton<Traffic>();
        services.AddSingleton<RouterMetrics>();
        services.AddSingleton<InFlightRequests>();
        services.AddSingleton<HeldRequests>();
        services.AddSingleton<UncertainWrites>();
        services.AddSingleton<UpgradedConnections>();
        services.AddSingleton<ConnectionClosing>();
        services.AddSingleton<Forwarder>();
        services.AddSingleton<RequestEnding>();
    }

    private static void AddServing(IServiceCollection services)
    {
        services.AddSingleton<BackgroundFailures>();
        services.AddSingleton<RateLimits>();
        services.AddSingleton<ProxyLists>();
        services.AddSingleton<ClientConnections>();
        services.AddSingleton<AcceptFailures>();
        services.AddSingleton<LiveGauges>();
        services.AddSingleton<ConfigurationWatch>();
        services.AddSingleton<ProxyListRefresher>();
        services.AddSingleton<Reloader>();
        services.AddSingleton<ServerCertificates>();
        services.AddSingleton<OwnResponseWriter>();
        services.AddSingleton<BypassGate>();
        services.AddSingleton<WindowCounts>();
        services.AddSingleton<BypassForm>();
        services.AddSingleton<StatusEndpoint>();
        services.AddSingleton<StatusGate>();
        services.AddSingleton<OwnResponder>();
        services.AddSingleton<RequestAccounting>();
        services.AddSingleton<RequestHandler>();
    }

    private static void AddManagement(IServiceCollection services, ManagementSettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton<ManagementGuard>();
        services.AddSingleton<ManagementConnections>();
        services.AddSingleton<ModeDescriber>();
        services.AddSingleton<ChangeResponse>();
        services.AddSingleton<ModeEndpoint>();
        services.AddSingleton<StagesEndpoint>();
        services.AddSingleton<BypassEndpoint>();
        services.AddSingleton<FleetDescriber>();
        services.AddSingleton<FleetEndpoint>();
        services.AddSingleton<HistoryEndpoint>();
        services.AddSingleton<ReportEndpoint>();
        services.AddSingleton<TableEndpoints>();
        services.AddSingleton<ReloadEndpoint>();
        services.AddSingleton<PagePreviews>();
        services.AddSingleton<OperatorPage>();
        services.AddSingleton<LiveDescriber>();
        services.AddSingleton<LivePublisher>();
        services.AddSingleton<EventsEndpoint>();
        services.AddSingleton<ManagementServer>();
    }

    // They start in this order, and the server last; they stop in the reverse order, after the server.
    private static void AddBackgroundWork(IServiceCollection services)
    {
        services.AddHostedService<StoreWatcher>();
        services.AddHostedService<WindowAlarms>();
        services.AddHostedService<DeadlineMonitor>();
        services.AddHostedService(provider => provider.GetRequiredService<Drain>());
        services.AddHostedService<StopGrace>();
        services.AddHostedService<MemoryRelease>();
        services.AddHostedService<PagePreparation>();
        services.AddHostedService(provider => provider.GetRequiredService<ConfigurationWatch>());
        services.AddHostedService<UpstreamMaintenance>();
        services.AddHostedService<CircuitProbes>();
        services.AddHostedService(provider => provider.GetRequiredService<ProxyListRefresher>());
        services.AddHostedService(provider => provider.GetRequiredService<LivePublisher>());
        services.AddHostedService(provider => provider.GetRequiredService<ManagementServer>());
    }
}
