using System.Text.Json;
using Router.Configuration;
using Router.Modes;
using Router.Modes.Stores;

namespace Router.Switching;

/// <summary>
/// What this instance knows of the others. It reports to the store with each heartbeat; the observer, one of the fleet, reads all reports,
/// publishes the verdict and deletes what is old. Every other instance reads them when somebody asks, and now and then so that a store that
/// loses its data does not take the memory of a vanished instance with it.
/// </summary>
public sealed partial class Fleet(
    IModeStore store, InstanceReporter reporter, ModeController modes, FleetClock clock, RouterSettings settings, ILogger<Fleet> logger)
{
    // An instance that is not the observer reads everything so rarely that the bytes per second do not grow with the fleet.
    private static readonly TimeSpan ReadInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ReadIntervalPerInstance = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private Dictionary<string, InstanceReport> _known = [];
    private Dictionary<string, StoredReport> _stored = [];
    private long? _readAt;
    private volatile string? _isolation;
    private volatile PublishedVerdict? _published;

    /// <summary>Why this instance can't report to the others, in a store that they share; null where it can.</summary>
    public string? Isolation => _isolation;

    /// <summary>The fleet's verdict, as the observer published it last; null where none is current.</summary>
    public PublishedVerdict? Published => _published;

    /// <summary>How long a report may be old before its instance counts as vanished.</summary>
    public TimeSpan HeartbeatExpiry => settings.ModeStore.HeartbeatExpiry;

    /// <summary>Reports once, and does what the observer has to do where this instance is it. False, with the reason in <see cref="Isolation"/>, where the store can't be written.</summary>
    public async Task<bool> BeatAsync(InstanceReport report, CancellationToken cancellation)
    {
        try
        {
            var asked = clock.GetTimestamp();
            var beat = await store.BeatAsync(report.Id, JsonSerializer.Serialize(report, SwitchingJson.Default.InstanceReport), cancellation).ConfigureAwait(false);
            if (beat.Now is { } now)
                clock.Observe(now, asked, clock.GetTimestamp());
            _isolation = null;
            if (report.Stopped)
                return true;
            if (beat.IsObserver || _readAt is not { } readAt || clock.GetElapsedTime(readAt) >= ReadInterval + (ReadIntervalPerInstance * _known.Count))
                await ObserveAsync(beat.IsObserver, cancellation).ConfigureAwait(false);
            if (!beat.IsObserver)
                _published = beat.Verdict is null ? null : JsonSerializer.Deserialize(beat.Verdict, SwitchingJson.Default.PublishedVerdict);
            return true;
        }
        catch (JsonException)
        {
            // A newer Router publishes another form.
            _published = null;
            return true;
        }
        catch (ModeStoreException error)
        {
            _isolation = error.Message;
            _published = null;
            return false;
        }
    }

    /// <summary>What every other instance reported last, by the store's clock. What a store loses is not forgotten here.</summary>
    /// <exception cref="ModeStoreException">The store can't be read.</exception>
    public async Task<IReadOnlyList<InstanceReport>> ReadOthersAsync(CancellationToken cancellation)
    {
        if (!store.IsShared)
            return [];
        var fleet = await store.ReadFleetAsync(cancellation).ConfigureAwait(false);
        var known = SwitchingJson.ReadReports(fleet.Reports);
        lock (_lock)
        {
            foreach (var (id, lost) in _known)
            {
                if (!known.ContainsKey(id) && (lost is { Stopped: false, End: null } || lost.AgeAt(fleet.Now) < InstanceReport.Retention))
                    known[id] = lost;
            }

            known.Remove(reporter.Id);
            (_known, _stored, _readAt) = (known, new(fleet.Reports), clock.GetTimestamp());
            return [.. known.Values.OrderBy(report => report.Id, StringComparer.Ordinal)];
        }
    }

    /// <summary>Judges the fleet as it is now.</summary>
    /// <param name="reports">What the instances reported, this one included.</param>
    /// <param name="expect">How many instances there are, where somebody said so.</param>
    /// <param name="problem">What is wrong with the store.</param>
    public Verdict Judge(IEnumerable<InstanceReport> reports, int? expect, string? problem)
    {
        var state = modes.State;
        return Verdict.Of(new FleetState
        {
            Record = state.Record,
            Step = state.Step,
            Reports = [.. reports],
            Now = clock.GetUtcNow(),
            HeartbeatExpiry = HeartbeatExpiry,
            Isolation = _isolation,
            Problem = problem,
        }, expect);
    }

    /// <summary>
    /// Takes an operator's word that vanished instances have ended. Their writes in flight are of unknown outcome from now on. The names of
    /// those that were acknowledged; empty where none has vanished that is called so.
    /// </summary>
    /// <exception cref="ModeStoreException">The store can't be read or written.</exception>
    public async Task<IReadOnlyList<InstanceReport>> AcknowledgeAsync(string nameOrId, string by, CancellationToken cancellation)
    {
        var others = await ReadOthersAsync(cancellation).ConfigureAwait(false);
        var now = clock.GetUtcNow();
        var ended = new List<InstanceReport>();
        foreach (var report in others.Where(report => report.Name == nameOrId || report.Id == nameOrId))
        {
            if (report.StateAt(now, HeartbeatExpiry) == InstanceState.Vanished && await EndAsync(report, new InstanceEnd(now, by, IsProven: false), cancellation).ConfigureAwait(false))
                ended.Add(report);
        }

        return ended;
    }

    // What the others left, and what is known of it: an instance on this host can be proven to have ended, a report that the store has lost
    // is written back, and what is old is deleted.
    private async Task ObserveAsync(bool isObserver, CancellationToken cancellation)
    {
        var others = await ReadOthersAsync(cancellation).ConfigureAwait(false);
        var now = clock.GetUtcNow();
        for (var i = 0; i < others.Count; i++)
        {
            if (others[i] is { Stopped: false, End: null, Process: { } process } && process.HasEnded())
            {
                var end = new InstanceEnd(now, reporter.Name, IsProven: true);
                if (await EndAsync(others[i], end, cancellation).ConfigureAwait(false))
                    LogEnded(others[i].Id, others[i].At.UtcDateTime, now.UtcDateTime, others[i].OpenWriteCount);
            }
        }

        if (!isObserver)
            return;
        foreach (var lost in others.Where(report => !_stored.ContainsKey(report.Id)))
            await store.TryReplaceReportAsync(lost.Id, null, StoredOf(lost), cancellation).ConfigureAwait(false);
        var old = others.Where(report => report is { Stopped: true } or { End: not null } && IsPast(report, now)).Select(report => report.Id).ToArray();
        if (old is not [])
        {
            await store.DeleteReportsAsync(old, cancellation).ConfigureAwait(false);
            lock (_lock)
            {
                foreach (var id in old)
                    _known.Remove(id);
            }
        }

        InstanceReport[] current;
        lock (_lock)
            current = [.. _known.Values, reporter.Make(null)];
        var verdict = PublishedVerdict.Of(Judge(current, null, null), modes.State.Record.Version, now);
        _published = verdict;
        await store.PublishVerdictAsync(JsonSerializer.Serialize(verdict, SwitchingJson.Default.PublishedVerdict), cancellation).ConfigureAwait(false);
    }

    private async Task<bool> EndAsync(InstanceReport report, InstanceEnd end, CancellationToken cancellation)
    {
        var state = modes.State;
        // Nothing was on its way from one that was closed and quiet: by the record's step, which this instance may not be in itself yet.
        var ended = report.IsQuiet(state.Record, state.Record.Steps[state.Index]) ? report with { End = end } : report.Ended(end);
        StoredReport? stored;
        lock (_lock)
            stored = _stored.GetValueOrDefault(report.Id);
        // Replaced only where nothing newer has come: a report after it says that the instance runs.
        if (!await store.TryReplaceReportAsync(report.Id, stored, StoredOf(ended), cancellation).ConfigureAwait(false))
            return false;
        lock (_lock)
        {
            _known[report.Id] = ended;
            _stored[report.Id] = StoredOf(ended);
        }

        return true;
    }

    private static bool IsPast(InstanceReport report, DateTimeOffset now) =>
        now - (report.End?.At ?? report.At) > InstanceReport.Retention && !(report.UncertainSettledBy > now);

    private static StoredReport StoredOf(InstanceReport report) =>
        new(report.At, JsonSerializer.Serialize(report, SwitchingJson.Default.InstanceReport));

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Instance} ended without a report of its own, between {From:O} and {To:O}. Writes in flight at its last heartbeat: {Writes}.")]
    private partial void LogEnded(string instance, DateTime from, DateTime to, int writes);
}
