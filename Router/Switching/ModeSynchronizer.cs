using Router.Configuration;
using Router.Modes;
using Router.Modes.Stores;

namespace Router.Switching;

/// <summary>
/// Keeps this instance and the store of one mind: reads the record each second and when it is told of a change, brings back what a store has
/// lost, and reports what this instance has confirmed. A store that can't be read changes nothing: the last known mode stays.
/// </summary>
public sealed partial class ModeSynchronizer : BackgroundService
{
    /// <summary>What the history calls leave for testers.</summary>
    public const string BypassKind = "bypass";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ClosingInterval = TimeSpan.FromMilliseconds(250);

    // A closing begins before its instant: what an instance that dies had in flight is known from its last heartbeat.
    private static readonly TimeSpan Closing = TimeSpan.FromSeconds(5);

    // An empty store at the start: time for a running sibling to see that the store has lost its data, and to write back what it knows.
    private static readonly TimeSpan SiblingsTime = TimeSpan.FromSeconds(3);

    private readonly IModeStore _store;
    private readonly ModeController _modes;
    private readonly InstanceReporter _reporter;
    private readonly Fleet _fleet;
    private readonly ModeHistory _history;
    private readonly ModeStoreSettings _settings;
    private readonly ManagementSettings _management;
    private readonly Mode _configured;
    private readonly Drain _drain;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly FleetClock _time;
    private readonly ILogger<ModeSynchronizer> _logger;
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly ChangeSignal _woken;
    private volatile string? _problem = "the mode store has not been read yet";
    private string? _refusal;
    private bool _wasUnreadable;
    private long? _emptySince;
    private string? _overrunOf;
    private string? _longWindow;

    /// <summary>Made before anything listens; nothing is read yet.</summary>
    public ModeSynchronizer(
        IModeStore store, ModeController modes, InstanceReporter reporter, Fleet fleet, ModeHistory history, RouterSettings settings,
        Drain drain, IHostApplicationLifetime lifetime, FleetClock time, ILogger<ModeSynchronizer> logger)
    {
        (_store, _modes, _reporter, _fleet, _history, _settings) = (store, modes, reporter, fleet, history, settings.ModeStore);
        (_drain, _lifetime, _time, _logger, _woken) = (drain, lifetime, time, logger, new ChangeSignal(time));
        _management = settings.Management;
        _configured = ModeCatalogue.TryFind(settings.Mode, out var mode) ? mode : throw new InvalidOperationException($"'{settings.Mode}' passed the check of the configuration");
        modes.Changed += OnChanged;
        drain.Ended += OnDrained;
        lifetime.ApplicationStarted.Register(_woken.Set);
    }

    /// <summary>Where the mode lives.</summary>
    public IModeStore Store => _store;

    /// <summary>What is wrong with the store or what it holds, for an operator; null where nothing is.</summary>
    public string? Problem => _problem;

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Before the server listens: its first answer is in the right mode.
        await LookAsync(cancellationToken).ConfigureAwait(false);
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        // However little time is left: without this report the others take it for vanished. The store gives up in seconds by itself.
        if (IsServing)
            await _fleet.BeatAsync(_reporter.Make(_problem, stopped: true), CancellationToken.None).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _modes.Changed -= OnChanged;
        _drain.Ended -= OnDrained;
        base.Dispose();
        _one.Dispose();
    }

    /// <summary>Makes a change: reads the store, works the new record out, and puts it in the place of exactly what was read.</summary>
    /// <param name="change">Makes the new record of the state, the time and the lead; null, and faults, where that can't be.</param>
    /// <param name="kind">What the history calls it.</param>
    /// <param name="ifVersion">The version that the operator has seen; null for any.</param>
    /// <param name="isTrial">Whether nothing is to be changed.</param>
    /// <param name="note">Who did it and what about, where the record's step does not say.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="ModeStoreException">The store can't be read or written.</exception>
    public async Task<ChangeResult> ChangeAsync(
        Func<ModeState, DateTimeOffset, TimeSpan, Faults, ModeRecord?> change, string kind, long? ifVersion, bool isTrial, ChangeNote? note, CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var text = await _store.ReadAsync(cancellation).ConfigureAwait(false);
            if (text is not null && ModeRecordText.TryParse(text, out var found, out _))
                text = await TakeAsync(text, found, cancellation).ConfigureAwait(false);
            var state = await KnownAsync(cancellation).ConfigureAwait(false);
            if (ifVersion is { } version && version != state.Record.Version)
                return new ChangeResult(ChangeOutcome.OtherVersion, state, []);
            var lead = await LeadAsync(cancellation).ConfigureAwait(false);
            var faults = new Faults();
            if (change(state, _time.GetUtcNow(), lead, faults) is not { } next || faults.Any)
                return new ChangeResult(ChangeOutcome.Refused, state, faults.All);
            if (isTrial)
                return new ChangeResult(ChangeOutcome.Tried, state, []) { Record = next };
            if (!await ReplaceAsync(text, next, EntryOf(kind, next, note), cancellation).ConfigureAwait(false))
                return new ChangeResult(ChangeOutcome.LostRace, state, []);
            _modes.Offer(next);
            SetProblem(null);
            LogChanged(kind, next.Version, next.Steps[^1].Mode, next.Steps[^1].At, note?.By ?? next.Steps[^1].By ?? "nobody named", note?.Text ?? next.Steps[^1].Reason ?? "no reason given");
            return new ChangeResult(ChangeOutcome.Done, state, []) { Record = next };
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>What every instance reports, this one by its state now. A store that can't be read is named by <see cref="Problem"/>.</summary>
    public async Task<IReadOnlyList<InstanceReport>> ReadFleetAsync(CancellationToken cancellation)
    {
        try
        {
            var others = await _fleet.ReadOthersAsync(cancellation).ConfigureAwait(false);
            return [.. others.Append(_reporter.Make(_problem)).OrderBy(report => report.Id, StringComparer.Ordinal)];
        }
        catch (ModeStoreException fault)
        {
            SetProblem($"The other instances can't be seen: {fault.Message}");
        }

        return [_reporter.Make(_problem)];
    }

    /// <summary>Adds an entry to the history that is about no change of the record.</summary>
    public void Note(string kind, ChangeNote note)
    {
        _history.Add(EntryOf(kind, _modes.State.Record, note));
        _woken.Set();
    }

    /// <summary>Reads the store once, and does what follows from it. False where the store could not be read.</summary>
    public async Task<bool> LookAsync(CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var text = await _store.ReadAsync(cancellation).ConfigureAwait(false);
            _emptySince = text is null ? _emptySince : null;
            if (text is null)
                SetProblem(await FillAsync(cancellation).ConfigureAwait(false));
            else if (!ModeRecordText.TryParse(text, out var found, out var fault))
            {
                _wasUnreadable = true;
                SetProblem(_management.Hint($"What {_store.Name} holds is no record of the mode ({fault}). Set the mode with: router mode set"));
            }
            else
            {
                await TakeAsync(text, found, cancellation).ConfigureAwait(false);
                SetProblem(null);
            }

            return true;
        }
        catch (ModeStoreException fault)
        {
            _wasUnreadable = true;
            if (_modes.State.Record.Version < 0 && _settings.ConfiguredModeWhenUnreachable)
                _modes.Offer(RecordOf(_configured, version: 0));
            SetProblem(fault.Message);
            return false;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await RunOnceAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                // An instance that ends, or that follows the store no more, is worse than one that says it has a problem.
                SetProblem($"The mode can't be synchronised: {failure.Message.TrimEnd('.')}");
                await Task.Delay(Interval, _time, stoppingToken).ConfigureAwait(false);
            }
        }
    }

    private bool IsServing => _lifetime.ApplicationStarted.IsCancellationRequested;

    private async Task RunOnceAsync(CancellationToken stopping)
    {
        var begun = _modes.Contact?.Runs() ?? _time.GetTimestamp();
        var isReached = await LookAsync(stopping).ConfigureAwait(false);
        var report = _reporter.Make(_problem);
        // A start that fails registers nothing. A request that comes before the registration waits for it: see StoreContact.
        if (IsServing)
        {
            isReached &= await _fleet.BeatAsync(report, stopping).ConfigureAwait(false);
            if (_fleet.Isolation is { } refusal)
                TellRefusal(refusal);
            // Before a waiting request asks for the mode.
            if (isReached)
                _modes.Renew(begun);
            _modes.Contact?.Tried(begun);
        }

        await WriteHistoryAsync(stopping).ConfigureAwait(false);
        TellOverrun();
        TellLength();
        await WaitAsync(IsClosing(report) ? ClosingInterval : Interval, stopping).ConfigureAwait(false);
    }

    // From shortly before a switch until nothing is in flight any more.
    private bool IsClosing(InstanceReport report)
    {
        var (state, now) = (_modes.State, _time.GetUtcNow());
        return state.Next?.At - now < Closing || report.Held > 0
            || (!state.Mode.AllowsWrites && (report.OpenWriteCount > 0 || now - state.Since < Closing));
    }

    private async Task WaitAsync(TimeSpan atMost, CancellationToken stopping)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var woken = _woken.WaitAsync(Timeout.InfiniteTimeSpan, enough.Token);
        var changed = _store.WaitForChangeAsync(atMost, enough.Token);
        await Task.WhenAny(woken, changed).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(woken, changed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stopping.ThrowIfCancellationRequested();
    }

    // Lost data and a first start look alike. What this instance knows is written back; what it can't know, it does not open by.
    private async Task<string?> FillAsync(CancellationToken cancellation)
    {
        var state = _modes.State;
        if (state.Record.Version >= 1)
        {
            var known = state.Record with { Reached = state.Index };
            if (await ReplaceAsync(null, known, EntryOf("restored", known), cancellation).ConfigureAwait(false))
                LogRestored(_store.Name, known.Version, state.Mode);
            return null;
        }

        _emptySince ??= _time.GetTimestamp();
        var mayHaveLost = _wasUnreadable && !_settings.ConfiguredModeWhenUnreachable;
        if (_store.IsShared && _time.GetElapsedTime(_emptySince.Value) < SiblingsTime)
            return $"{Capital(_store.Name)} is empty{(mayHaveLost ? "" : $". The site takes {_configured} in {SiblingsTime.TotalSeconds:F0} s")}, unless another instance knows better";
        // Written down, and not only held to: an instance that starts later would take an empty store for a first start.
        var first = mayHaveLost ? RecordOf(ModeCatalogue.Closed, version: 1, "the record of the mode was lost") : RecordOf(_configured, version: 1);
        if (await ReplaceAsync(null, first, EntryOf(mayHaveLost ? "lost" : "started", first), cancellation).ConfigureAwait(false))
        {
            _modes.Offer(first);
            if (mayHaveLost)
                LogLost(_store.Name, first.Steps[0].Mode, _management.Hint("router mode set live"));
        }

        return null;
    }

    // The text that the store holds afterwards.
    private async Task<string> TakeAsync(string text, ModeRecord found, CancellationToken cancellation)
    {
        var state = _modes.State;
        if (state.Record.Version >= 1 && ModeRecord.Reconcile(state.Record, state.Index, found, _time.GetUtcNow()) is var result && !ReferenceEquals(result, found))
        {
            if (!await ReplaceAsync(text, result, EntryOf("restored", result), cancellation).ConfigureAwait(false))
                return text;
            LogRestored(_store.Name, result.Version, result.Steps[^1].Mode);
            (text, found) = (ModeRecordText.Format(result), result);
        }

        _modes.Offer(found);
        state = _modes.State;
        if (state.Record.Version != found.Version || state.Index <= found.Reached)
            return text;
        try
        {
            var reached = found with { Reached = state.Index };
            return await ReplaceAsync(text, reached, null, cancellation).ConfigureAwait(false) ? ModeRecordText.Format(reached) : text;
        }
        catch (ModeStoreException fault)
        {
            // It can be read, which is what counts: somebody else keeps it, such as a platform.
            TellRefusal(fault.Message);
            return text;
        }
    }

    // After a failure it may have been done: then it has been.
    private async Task<bool> ReplaceAsync(string? expected, ModeRecord record, HistoryEntry? entry, CancellationToken cancellation)
    {
        var text = ModeRecordText.Format(record);
        try
        {
            return await _store.TryReplaceAsync(expected, text, entry is null ? null : ModeHistory.Text(entry), cancellation).ConfigureAwait(false);
        }
        catch (ModeStoreException)
        {
            if (await _store.ReadAsync(cancellation).ConfigureAwait(false) == text)
                return true;
            throw;
        }
    }

    private async Task WriteHistoryAsync(CancellationToken cancellation)
    {
        try
        {
            await _history.WriteAsync(cancellation).ConfigureAwait(false);
        }
        catch (ModeStoreException fault)
        {
            TellRefusal(fault.Message);
        }
    }

    private async Task<TimeSpan> LeadAsync(CancellationToken cancellation)
    {
        if (_settings.Lead is { } said)
            return said;
        try
        {
            var now = _time.GetUtcNow();
            var others = await _fleet.ReadOthersAsync(cancellation).ConfigureAwait(false);
            return others.Any(report => report.StateAt(now, _settings.HeartbeatExpiry) == InstanceState.Live) ? ModeStores.FleetLead : TimeSpan.Zero;
        }
        catch (ModeStoreException)
        {
            // Who can't see the others does not know that there are none; the change itself says what is wrong with the store.
            return ModeStores.FleetLead;
        }
    }

    // What an instance was started with before it had read the store has no version of its own. Others may know one, which an operator's word must outdo.
    private async Task<ModeState> KnownAsync(CancellationToken cancellation)
    {
        var state = _modes.State;
        if (state.Record.Version >= 1)
            return state;
        var version = (await _fleet.ReadOthersAsync(cancellation).ConfigureAwait(false)).Select(report => report.Version).Append(0).Max();
        return new ModeState(state.Record with { Version = version }, state.Index, state.Since, state.ActivatedAt);
    }

    private ModeRecord RecordOf(Mode mode, long version, string? reason = null)
    {
        var now = _time.GetUtcNow();
        return new ModeRecord
        {
            Version = version,
            Written = now,
            Steps = [new ModeStep { Mode = mode, At = now, Made = version, Reason = reason, PagesUntil = ModeChanges.ServesPages(mode) ? null : now, Window = mode.ClosesAnything ? ModeChanges.WindowOf(now, version) : null, WindowBegins = mode.ClosesAnything ? now : null }],
        };
    }

    private HistoryEntry EntryOf(string kind, ModeRecord record, ChangeNote? note = null)
    {
        var step = record.Steps[^1];
        var bypass = kind == BypassKind ? record.Bypasses[^1] : null;
        return new HistoryEntry
        {
            Kind = kind,
            Version = record.Version,
            Time = _time.GetUtcNow(),
            Instance = _reporter.Name,
            Mode = step.Mode.Name,
            At = step.At,
            Until = bypass?.Until ?? step.Until,
            By = note?.By ?? (bypass is null ? step.By : bypass.By),
            Reason = note is not null ? note.Text : bypass is null ? step.Reason : $"{bypass.Id} {bypass.Addresses} {bypass.Note}",
            Ticket = step.Ticket,
        };
    }

    private void OnDrained(DrainOutcome outcome)
    {
        _history.Add(new HistoryEntry
        {
            Kind = "drained",
            Version = outcome.State.Record.Version,
            Time = _time.GetUtcNow(),
            Instance = _reporter.Name,
            Mode = outcome.State.Mode.Name,
            DrainedAfter = Math.Round(outcome.Took.TotalSeconds, 1),
            Cut = outcome.Cut,
            UncertainWrites = outcome.UncertainWrites,
            LastWrites = _reporter.LastWrites(),
        });
        _woken.Set();
    }

    private void OnChanged(ModeState state)
    {
        if (state.IsLapsed && IsServing && _settings.Lease is { } lease)
            LogLapsed(lease);
        _woken.Set();
    }

    private void SetProblem(string? problem)
    {
        if (problem == _problem)
            return;
        var had = _problem;
        _problem = problem;
        if (problem is not null)
            LogProblem(problem, _modes.Current);
        else if (had is not null && _wasUnreadable)
            LogSolved(_store.Name, _modes.Current);
    }

    private void TellRefusal(string message)
    {
        // What is wrong with reading has been said already.
        if (message == _refusal || message == _problem)
            return;
        _refusal = message;
        LogRefusal(message);
    }

    private void TellOverrun()
    {
        var state = _modes.State;
        if (state.OverrunAt(_time.GetUtcNow()) == TimeSpan.Zero || state.Step.Until is not { } until || _overrunOf == $"{state.Step.Window} {until:O}")
            return;
        _overrunOf = $"{state.Step.Window} {until:O}";
        LogOverrun(state.Mode, until.UtcDateTime);
    }

    private void TellLength()
    {
        var state = _modes.State;
        if (state.WarningAt(_time.GetUtcNow()) is not { } warning || _longWindow == state.Step.Window)
            return;
        _longWindow = state.Step.Window;
        LogLong(warning);
    }

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    [LoggerMessage(Level = LogLevel.Warning, Message = "The mode was {Kind}: version {Version}, {Mode} from {At:O} on, by {By}: {Reason}.")]
    private partial void LogChanged(string kind, long version, Mode mode, DateTimeOffset at, string by, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Problem}. The mode stays {Mode}.")]
    private partial void LogProblem(string problem, Mode mode);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The mode is kept in {Store} again. It is {Mode}.")]
    private partial void LogSolved(string store, Mode mode);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What {Store} held was not what this instance knew. It holds version {Version} now, {Mode}.")]
    private partial void LogRestored(string store, long version, Mode mode);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Store} could not be read when this instance started, and is empty now: it may have lost the record of a closed site. It holds {Mode} now. When all is well: {Hint}")]
    private partial void LogLost(string store, Mode mode, string hint);

    [LoggerMessage(Level = LogLevel.Error, Message = "The mode store could not be reached for {Lease}: this instance has closed itself until it is back (Router:ModeStore:Lease).")]
    private partial void LogLapsed(TimeSpan lease);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not written: {Reason}")]
    private partial void LogRefusal(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Warning}.")]
    private partial void LogLong(string warning);

    [LoggerMessage(Level = LogLevel.Error, Message = "The announced end of {Mode}, {Until:O}, has passed and the site is still not open. It opens when somebody says so.")]
    private partial void LogOverrun(Mode mode, DateTime until);
}

/// <summary>What became of a change.</summary>
public enum ChangeOutcome
{
    /// <summary>It is in the store.</summary>
    Done,

    /// <summary>It would be possible.</summary>
    Tried,

    /// <summary>It makes no sense; the faults say why.</summary>
    Refused,

    /// <summary>The operator has seen another version.</summary>
    OtherVersion,

    /// <summary>Somebody else was quicker.</summary>
    LostRace,
}

/// <summary>What became of a change.</summary>
/// <param name="Outcome">What.</param>
/// <param name="Before">The state before it.</param>
/// <param name="Faults">What is wrong with it.</param>
public sealed record ChangeResult(ChangeOutcome Outcome, ModeState Before, IReadOnlyList<Fault> Faults)
{
    /// <summary>The new record; null where there is none.</summary>
    public ModeRecord? Record { get; init; }
}
