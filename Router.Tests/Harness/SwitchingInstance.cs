using System.Collections.Concurrent;
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

/// <summary>What of an instance has to do with the mode.</summary>
internal sealed class SwitchingInstance : IDisposable
{
    // To read a configuration takes milliseconds, and thousands of instances start.
    private static readonly ConcurrentDictionary<string, RouterSettings> SettingsOf = [];

    private readonly BrittleStore _store;
    private readonly Drain _drain;
    private readonly StageTraffic _stages;
    private readonly ReopeningGate _gate;
    private readonly ModeHistory _history;
    private readonly FleetReporter _reporter;
    private readonly StoredRecord _record;
    private readonly StorePoller _poller;
    private readonly ModeChanger _changer;

    public SwitchingInstance(string name, BrittleStore store, ManualClock manual)
    {
        var clock = new FleetClock(manual);
        var settings = SettingsOf.GetOrAdd(
            name,
            static it => SiteFile.Of("*", "http://backend.invalid").Set("Instance", it).Set("ModeStore:ActivationDelay", "2s").ToSettings()
        );
        var (inFlight, uncertain) = (new InFlightRequests(), new UncertainWrites());
        _store = store;
        Modes = new ModeController(clock, ModeRecord.Unknown(clock.GetUtcNow()));
        _drain = new Drain(
            Modes,
            inFlight,
            uncertain,
            settings,
            new BackgroundFailures(NullLogger<BackgroundFailures>.Instance),
            clock,
            NullLogger<Drain>.Instance
        );
        _stages = new StageTraffic(Modes);
        var reporter = new InstanceReporter(
            Modes,
            inFlight,
            uncertain,
            new UpstreamRegistry(clock),
            _drain,
            new WindowCounts(),
            _stages,
            new HeldRequests(Modes, settings, clock),
            settings,
            clock
        );
        var health = new StoreHealth(store, Modes, NullLogger<StoreHealth>.Instance);
        var fleet = new Fleet(store, reporter, Modes, health, clock, settings);
        _reporter = new FleetReporter(store, reporter, fleet, Modes, health, clock, NullLogger<FleetReporter>.Instance);
        _history = new ModeHistory(store, reporter, _drain, clock);
        _record = new StoredRecord(store, Modes, _history, health, clock, NullLogger<StoredRecord>.Instance);
        var initial = new InitialRecord(store, _record, Modes, _history, health, settings, clock, NullLogger<InitialRecord>.Instance);
        _poller = new StorePoller(store, _record, initial, health, settings);
        _changer = new ModeChanger(_record, Modes, fleet, _history, health, settings, clock, NullLogger<ModeChanger>.Instance);
        _gate = new ReopeningGate(fleet, Modes, _changer, clock, NullLogger<ReopeningGate>.Instance);
    }

    public ModeController Modes { get; }

    /// <summary>Whether it has ever read a record.</summary>
    public bool Knows => Modes.State.Record.Version.IsStored;

    public async Task PollAsync()
    {
        await _poller.PollAsync(default);
        if (!_store.IsAway)
            await _reporter.ReportAsync(_reporter.Make(), default);
    }

    /// <summary>What it has counted in the stage of a reopening; null without one.</summary>
    public StageCounts? Counts => _stages.Current;

    /// <summary>Reads and reports, and lets the observer's gate decide, as the real loop does.</summary>
    public async Task BeatAsync()
    {
        await PollAsync();
        try
        {
            if (_reporter.IsObserver && !_store.IsAway)
                await _gate.CheckAsync(default);
        }
        catch (ModeStoreException)
        {
            // The store went away in between.
        }
    }

    /// <summary>Reports without reading the record.</summary>
    public Task ReportAsync() => _reporter.ReportAsync(_reporter.Make(), default);

    public async Task<bool> ChangeAsync(RecordChange change)
    {
        try
        {
            return (await _changer.ChangeAsync(new ChangeRequest(HistoryKind.Set, change), default)).Outcome == ChangeOutcome.Done;
        }
        catch (ModeStoreException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        _history.Dispose();
        _record.Dispose();
        _stages.Dispose();
        _drain.Dispose();
        Modes.Dispose();
    }
}
