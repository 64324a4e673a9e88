using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Router.Configuration;
using Router.Metrics;
using Router.Modes;
using Router.Modes.Stores;
using Router.Switching;

namespace Router.Tests.Harness;

/// <summary>The parts of an instance that change the mode.</summary>
internal sealed class SwitchingInstance : IDisposable
{
    // To read a configuration takes milliseconds, and thousands of instances start.
    private static readonly ConcurrentDictionary<string, RouterSettings> SettingsOf = [];

    private readonly BrittleStore _store;
    private readonly FleetInstance _instance;
    private readonly ReopeningGate _gate;
    private readonly ModeHistory _history;
    private readonly StoredRecord _record;
    private readonly StorePoller _poller;
    private readonly ModeChanger _changer;

    public SwitchingInstance(string name, BrittleStore store, ManualClock manual, ILogger<ModeChanger>? log = null)
    {
        Name = name;
        var clock = new FleetClock(manual);
        var settings = SettingsOf.GetOrAdd(
            name,
            static it => SiteFile.Of("*", "http://backend.invalid").Set("Instance", it).Set("ModeStore:ActivationDelay", "2s").ToSettings()
        );
        _store = store;
        _instance = new FleetInstance(settings, _ => store, clock, time => new ModeController(time, ModeRecord.Unknown(time.GetUtcNow())));
        var (fleet, health) = (_instance.Fleet, _instance.Health);
        _history = new ModeHistory(store, _instance.Reporter, _instance.Drain, clock);
        _record = new StoredRecord(store, Modes, _history, health, clock, NullLogger<StoredRecord>.Instance);
        var initial = new InitialRecord(store, _record, Modes, _history, health, settings, clock, NullLogger<InitialRecord>.Instance);
        _poller = new StorePoller(store, _record, initial, health, settings);
        _changer = new ModeChanger(_record, Modes, fleet, _history, health, settings, clock, log ?? NullLogger<ModeChanger>.Instance);
        _gate = new ReopeningGate(fleet, Modes, _changer, clock, NullLogger<ReopeningGate>.Instance);
    }

    public string Name { get; }

    public ModeController Modes => _instance.Modes;

    /// <summary>Whether it has ever read a record.</summary>
    public bool Knows => Modes.State.Record.Version.IsStored;

    public async Task PollAsync()
    {
        await _poller.PollAsync(default);
        if (!_store.IsAway)
            await _instance.Heartbeats.ReportAsync(_instance.Heartbeats.Make(), default);
    }

    /// <summary>What it has counted in the stage of a reopening; null without one.</summary>
    public StageCounts? Counts => _instance.Stages.Current;

    /// <summary>Reads and reports, and lets the observer's gate decide, as the real loop does.</summary>
    public async Task BeatAsync()
    {
        await PollAsync();
        try
        {
            if (_instance.Heartbeats.IsObserver && !_store.IsAway)
                await _gate.CheckAsync(default);
        }
        catch (ModeStoreException)
        {
            // The store went away in between.
        }
    }

    /// <summary>Reports without reading the record.</summary>
    public Task ReportAsync() => _instance.Heartbeats.ReportAsync(_instance.Heartbeats.Make(), default);

    public Task<bool> ChangeAsync(ModeChange change) =>
        ChangeAsync((state, now, delay, errors) => ModeChanges.Apply(state.Record, state.Index, change, now, delay, errors));

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
        _instance.Stages.Dispose();
        _instance.Drain.Dispose();
        Modes.Dispose();
    }
}
