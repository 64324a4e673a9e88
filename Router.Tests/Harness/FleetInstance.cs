using Microsoft.Extensions.Logging.Abstractions;
using Router.Admission;
using Router.Background;
using Router.Configuration;
using Router.Holding;
using Router.Metrics;
using Router.Modes;
using Router.Modes.Stores;
using Router.Proxy.InFlight;
using Router.Switching;
using Router.Upstreams;

namespace Router.Tests.Harness;

/// <summary>What of an instance has to do with the fleet: its reports, and what it knows of the others.</summary>
internal sealed class FleetInstance
{
    private readonly FleetReporter _fleetReporter;

    /// <param name="name">Its name.</param>
    /// <param name="site">Its configuration, without the name.</param>
    /// <param name="open">Makes its store.</param>
    /// <param name="time">The machine's clock.</param>
    public FleetInstance(string name, SiteFile site, Func<RouterSettings, IModeStore> open, TimeProvider time)
    {
        var clock = new FleetClock(time);
        var settings = site.Set("Instance", name).ToSettings();
        Store = open(settings);
        var modes = new ModeController(clock, ModeCatalogue.All[0]);
        var (inFlight, uncertain) = (new InFlightRequests(), new UncertainWrites());
        var failures = new BackgroundFailures(NullLogger<BackgroundFailures>.Instance);
        var drain = new Drain(modes, inFlight, uncertain, settings, failures, clock, NullLogger<Drain>.Instance);
        Reporter = new InstanceReporter(
            modes,
            inFlight,
            uncertain,
            new UpstreamRegistry(clock),
            drain,
            new WindowCounts(),
            new StageTraffic(modes),
            new HeldRequests(modes, settings, clock),
            settings,
            clock
        );
        var health = new StoreHealth(Store, modes, NullLogger<StoreHealth>.Instance);
        Fleet = new Fleet(Store, Reporter, modes, health, clock, settings);
        _fleetReporter = new FleetReporter(Store, Reporter, Fleet, modes, health, clock, NullLogger<FleetReporter>.Instance);
    }

    public IModeStore Store { get; }

    public Fleet Fleet { get; }

    public InstanceReporter Reporter { get; }

    /// <summary>Sends a heartbeat, which the store must take.</summary>
    public async Task ReportAsync(InstanceReport report) => (await _fleetReporter.ReportAsync(report, default)).Should().BeTrue();
}
