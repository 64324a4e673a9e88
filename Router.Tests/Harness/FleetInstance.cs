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

/// <summary>The parts of an instance that concern the fleet: its reports, and what it knows of the others.</summary>
internal sealed class FleetInstance
{
    /// <param name="name">Its name.</param>
    /// <param name="site">Its configuration, without the name.</param>
    /// <param name="open">Makes its store.</param>
    /// <param name="time">The machine's clock.</param>
    public FleetInstance(string name, SiteFile site, Func<RouterSettings, IModeStore> open, TimeProvider time)
        : this(
            site.Set("Instance", name).ToSettings(),
            open,
            new FleetClock(time),
            clock => new ModeController(clock, ModeCatalogue.All[0])
        ) { }

    /// <param name="settings">Its configuration.</param>
    /// <param name="open">Makes its store.</param>
    /// <param name="clock">The fleet's clock on its machine.</param>
    /// <param name="modes">Makes its mode controller.</param>
    public FleetInstance(
        RouterSettings settings,
        Func<RouterSettings, IModeStore> open,
        FleetClock clock,
        Func<FleetClock, ModeController> modes
    )
    {
        Store = open(settings);
        Modes = modes(clock);
        Stages = new StageTraffic(Modes);
        var (inFlight, uncertain) = (new InFlightRequests(), new UncertainWrites());
        var failures = new BackgroundFailures(NullLogger<BackgroundFailures>.Instance);
        Drain = new Drain(Modes, inFlight, uncertain, settings, failures, clock, NullLogger<Drain>.Instance);
        Reporter = new InstanceReporter(
            Modes,
            inFlight,
            uncertain,
            new UpstreamRegistry(clock),
            Drain,
            new WindowCounts(),
            Stages,
            new HeldRequests(Modes, settings, clock),
            settings,
            clock
        );
        Health = new StoreHealth(Store, Modes, NullLogger<StoreHealth>.Instance);
        Fleet = new Fleet(Store, Reporter, Modes, Health, clock, settings);
        Heartbeats = new FleetReporter(Store, Reporter, Fleet, Modes, Health, clock, NullLogger<FleetReporter>.Instance);
    }

    public IModeStore Store { get; }

    public ModeController Modes { get; }

    public Drain Drain { get; }

    public StageTraffic Stages { get; }

    public StoreHealth Health { get; }

    public Fleet Fleet { get; }

    public InstanceReporter Reporter { get; }

    public FleetReporter Heartbeats { get; }

    /// <summary>Reads the record and reports that it has it.</summary>
    public async Task ConfirmAsync()
    {
        ModeRecordText.TryParse((await Store.ReadAsync(default))!, out var record, out var problem).Should().BeTrue(problem);
        Modes.Offer(record!);
        await ReportAsync(Heartbeats.Make());
    }

    /// <summary>Sends a heartbeat, which the store must take.</summary>
    public async Task ReportAsync(InstanceReport report) => (await Heartbeats.ReportAsync(report, default)).Should().BeTrue();
}
