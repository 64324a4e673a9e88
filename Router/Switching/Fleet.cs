using System.Text.Json;
using Router.Configuration;
using Router.Modes;
using Router.Modes.Stores;

namespace Router.Switching;

/// <summary>
/// What this instance knows of the others, from the store and from its own memory: when the store loses its data, a vanished instance is
/// not forgotten.
/// </summary>
public sealed class Fleet(
    IModeStore store,
    InstanceReporter instance,
    ModeController modes,
    StoreHealth health,
    FleetClock clock,
    RouterSettings settings
)
{
    // An instance that is not the observer reads everything so rarely that the bytes per second do not grow with the fleet.
    private static readonly TimeSpan ReadInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ReadIntervalPerInstance = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private Dictionary<string, InstanceReport> _known = [];
    private Dictionary<string, StoredReport> _stored = [];

    // When each report was first read, by the monotonic clock.
    private Dictionary<string, long> _firstRead = [];
    private long? _readAt;

    /// <summary>How old a report may be before its instance counts as vanished.</summary>
    public TimeSpan HeartbeatExpiry => settings.ModeStore.HeartbeatExpiry;

    /// <summary>Whether an instance that is not the observer should read the reports of the others.</summary>
    public bool IsReadDue =>
        _readAt is not { } readAt || clock.GetElapsedTime(readAt) >= ReadInterval + (ReadIntervalPerInstance * _known.Count);

    /// <summary>What is known of the other instances without reading the store.</summary>
    public IReadOnlyList<InstanceReport> KnownOthers
    {
        get
        {
            lock (_lock)
                return Others();
        }
    }

    /// <summary>The same with this instance, by its state now.</summary>
    public IReadOnlyList<InstanceReport> Known => [.. KnownOthers, instance.Make(null)];

    /// <summary>
    /// What every other instance reported last, by the store's clock. What the store has lost, or has an older report of, is kept here.
    /// </summary>
    /// <exception cref="ModeStoreException">The store can't be read.</exception>
    public async Task<IReadOnlyList<InstanceReport>> ReadOthersAsync(CancellationToken cancellation)
    {
        if (!store.IsShared)
            return [];
        var fleet = await store.ReadFleetAsync(cancellation).ConfigureAwait(false);
        var known = SwitchingJson.ReadReports(fleet.Reports, instance.WriteSettleSeconds);
        lock (_lock)
        {
            foreach (var (id, kept) in _known)
            {
                if (IsNewer(kept, fleet))
                    known[id] = kept;
            }

            known.Remove(instance.Id);
            var now = clock.GetTimestamp();
            _firstRead = known.Keys.ToDictionary(
                id => id,
                id =>
                    fleet.Reports.GetValueOrDefault(id) == _stored.GetValueOrDefault(id) && _firstRead.TryGetValue(id, out var first)
                        ? first
                        : now
            );
            (_known, _stored, _readAt) = (known, new(fleet.Reports), now);
            return Others();
        }
    }

    /// <summary>
    /// What every instance reports, this one by its state now. If the store can't be read, what is known without it, and the problem: the
    /// store may be well again before anybody asks for its health.
    /// </summary>
    public async Task<(IReadOnlyList<InstanceReport> Reports, string? Problem)> ReadAllAsync(CancellationToken cancellation)
    {
        try
        {
            var others = await ReadOthersAsync(cancellation).ConfigureAwait(false);
            var problem = health.Problem;
            return (WithOwn(others, problem), problem);
        }
        catch (ModeStoreException error)
        {
            var problem = $"Reading the other instances' reports failed: {error.Message}";
            health.SetProblem(problem);
            return (WithOwn(KnownOthers, problem), problem);
        }
    }

    /// <summary>The verdict on these reports, by the mode in force here.</summary>
    /// <param name="reports">What the instances reported, this one included.</param>
    /// <param name="expect">How many instances there are, if an operator said so.</param>
    /// <param name="problem">What is wrong with the store.</param>
    public Verdict Judge(IEnumerable<InstanceReport> reports, int? expect, string? problem)
    {
        var state = modes.State;
        return Verdict.Of(
            FleetState.Of(state, reports, clock.GetUtcNow(), HeartbeatExpiry) with
            {
                Isolation = health.Isolation,
                Problem = problem,
            },
            expect
        );
    }

    /// <summary>The verdict on what is known without reading the store.</summary>
    public Verdict JudgeKnown() => Judge(Known, null, null);

    /// <summary>
    /// Records an operator's statement that vanished instances have ended. Their writes in flight are of unknown outcome from now on.
    /// Returns the reports of those acknowledged; none if no instance of that name or id has vanished.
    /// </summary>
    /// <exception cref="ModeStoreException">The store can't be read or written.</exception>
    public async Task<IReadOnlyList<InstanceReport>> AcknowledgeAsync(string nameOrId, string by, CancellationToken cancellation)
    {
        var others = await ReadOthersAsync(cancellation).ConfigureAwait(false);
        var now = clock.GetUtcNow();
        var ended = new List<InstanceReport>();
        foreach (var report in others.Where(report => report.Name == nameOrId || report.Id == nameOrId))
        {
            if (
                report.StateAt(now, HeartbeatExpiry) == InstanceState.Vanished
                && await EndAsync(report, new InstanceEnd(now, by, IsProven: false), cancellation).ConfigureAwait(false)
            )
                ended.Add(report);
        }

        return ended;
    }

    /// <summary>Records that an instance has ended; false if it has reported since.</summary>
    /// <exception cref="ModeStoreException">The store can't be written.</exception>
    public async Task<bool> EndAsync(InstanceReport report, InstanceEnd end, CancellationToken cancellation)
    {
        var ended = report.EndedBy(end, modes.State);
        StoredReport? stored;
        lock (_lock)
            stored = _stored.GetValueOrDefault(report.Id);
        // Replaced only if nothing newer was stored: a later report says that the instance runs.
        if (!await store.TryReplaceReportAsync(report.Id, stored, StoredOf(ended), cancellation).ConfigureAwait(false))
            return false;
        lock (_lock)
        {
            _known[report.Id] = ended;
            _stored[report.Id] = StoredOf(ended);
        }

        return true;
    }

    /// <summary>
    /// Writes back the reports that the store has lost. Every instance does: the observer may have been started after the loss.
    /// </summary>
    /// <exception cref="ModeStoreException">The store can't be written.</exception>
    public async Task RestoreAsync(IReadOnlyList<InstanceReport> others, CancellationToken cancellation)
    {
        foreach (var lost in others.Where(report => !_stored.ContainsKey(report.Id)))
            await store.TryReplaceReportAsync(lost.Id, null, StoredOf(lost), cancellation).ConfigureAwait(false);
    }

    /// <summary>Deletes the reports of instances that ended long ago.</summary>
    /// <exception cref="ModeStoreException">The store can't be written.</exception>
    public async Task DeleteOldAsync(IReadOnlyList<InstanceReport> others, DateTimeOffset now, CancellationToken cancellation)
    {
        var old = others
            .Where(report => report is { Stopped: true } or { End: not null } && IsPast(report, now))
            .Select(report => report.Id)
            .ToArray();
        if (old is [])
            return;
        await store.DeleteReportsAsync(old, cancellation).ConfigureAwait(false);
        lock (_lock)
        {
            foreach (var id in old)
                _known.Remove(id);
        }
    }

    // Whether what is known of an instance is newer than what the store has now: it lost its data, or went back to a snapshot or a replica.
    // After a clock that was set back, the next report shows that the instance runs.
    private bool IsNewer(InstanceReport known, StoredFleet fleet)
    {
        if (!fleet.Reports.TryGetValue(known.Id, out var read))
            return known is { Stopped: false, End: null } || known.AgeAt(fleet.Now) < InstanceReport.Retention;
        var hasReportedSince = _stored.TryGetValue(known.Id, out var before) && before != read && before.SeenAt <= read.SeenAt;
        return read.IsDated && read.SeenAt < known.At && !hasReportedSince;
    }

    // The caller has the lock.
    private InstanceReport[] Others()
    {
        var now = clock.GetUtcNow();
        return
        [
            .. _known
                .Values.OrderBy(report => report.Id, StringComparer.Ordinal)
                .Select(report =>
                    report.LeaseSeconds is null
                        ? report
                        : report with
                        {
                            UnchangedSince = now - clock.GetElapsedTime(_firstRead[report.Id]),
                        }
                ),
        ];
    }

    private IReadOnlyList<InstanceReport> WithOwn(IEnumerable<InstanceReport> others, string? problem) =>
        [.. others.Append(instance.Make(problem)).OrderBy(report => report.Id, StringComparer.Ordinal)];

    private static bool IsPast(InstanceReport report, DateTimeOffset now) =>
        now - (report.End?.At ?? report.At) > InstanceReport.Retention && !(report.UncertainSettledBy > now);

    private static StoredReport StoredOf(InstanceReport report) =>
        new(report.At, JsonSerializer.Serialize(report, SwitchingJson.Default.InstanceReport));
}
