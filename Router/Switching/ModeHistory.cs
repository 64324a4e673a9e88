using System.Collections.Concurrent;
using System.Text.Json;
using Router.Modes;
using Router.Modes.Stores;

namespace Router.Switching;

/// <summary>The history in the store: what was done with the mode, and the entries of this instance that are not written yet.</summary>
public sealed class ModeHistory : IDisposable
{
    private readonly IModeStore _store;
    private readonly InstanceReporter _instance;
    private readonly Drain _drain;
    private readonly FleetClock _clock;
    private readonly ConcurrentQueue<HistoryEntry> _unwritten = new();

    public ModeHistory(IModeStore store, InstanceReporter instance, Drain drain, FleetClock clock)
    {
        (_store, _instance, _drain, _clock) = (store, instance, drain, clock);
        drain.Ended += AddDrained;
    }

    /// <summary>Raised when an entry waits for the next <see cref="WriteAsync"/>.</summary>
    public event Action? Added;

    /// <summary>An entry as the store keeps it.</summary>
    public static string Text(HistoryEntry entry) => JsonSerializer.Serialize(entry, SwitchingJson.Default.HistoryEntry);

    public void Add(HistoryEntry entry)
    {
        _unwritten.Enqueue(entry);
        Added?.Invoke();
    }

    /// <summary>Writes the waiting entries in their order.</summary>
    /// <exception cref="ModeStoreException">The store can't be written. The entries are kept for the next call.</exception>
    public async Task WriteAsync(CancellationToken cancellation)
    {
        while (_unwritten.TryPeek(out var entry))
        {
            await _store.AddHistoryAsync(Text(entry), cancellation).ConfigureAwait(false);
            _unwritten.TryDequeue(out _);
        }
    }

    /// <summary>The history, the oldest entry first.</summary>
    /// <exception cref="ModeStoreException">The store can't be read.</exception>
    public async Task<IReadOnlyList<HistoryEntry>> ReadAsync(CancellationToken cancellation) =>
        SwitchingJson.ReadHistory(await _store.ReadHistoryAsync(cancellation).ConfigureAwait(false));

    /// <summary>The entry about a record that this instance writes now.</summary>
    /// <param name="kind">What was done.</param>
    /// <param name="record">The record afterwards.</param>
    /// <param name="note">Who did it and what it was about, if the record's last step does not say.</param>
    public HistoryEntry EntryOf(HistoryKind kind, ModeRecord record, ChangeNote? note = null)
    {
        var step = record.Goal;
        var bypass = kind == HistoryKind.Bypass ? record.Bypasses[^1] : null;
        return new HistoryEntry
        {
            Kind = kind,
            Version = record.Version,
            Time = _clock.GetUtcNow(),
            Instance = _instance.Name,
            Mode = step.Mode.Name,
            Stage = step.Mode.Stage?.Summary,
            At = step.At,
            Until = bypass?.Until ?? step.Until,
            By = note is not null ? note.By : (bypass is null ? step.By : bypass.By),
            Reason =
                note?.Text is { } text ? text
                : bypass is null ? step.Reason
                : string.Join(' ', new[] { bypass.Id, bypass.Addresses, bypass.Note }.Where(text => text is { Length: > 0 })),
            Ticket = step.Ticket,
        };
    }

    public void Dispose() => _drain.Ended -= AddDrained;

    private void AddDrained(DrainOutcome outcome) =>
        Add(
            new HistoryEntry
            {
                Kind = HistoryKind.Drained,
                Version = outcome.State.Record.Version,
                Time = _clock.GetUtcNow(),
                Instance = _instance.Name,
                Mode = outcome.State.Mode.Name,
                DrainedAfter = Math.Round(outcome.Took.TotalSeconds, 1),
                Cut = outcome.Cut,
                UncertainWrites = outcome.UncertainWrites,
                LastWrites = _instance.LastWrites(),
            }
        );
}
