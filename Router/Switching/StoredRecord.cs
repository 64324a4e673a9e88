using Router.Modes;
using Router.Modes.Stores;

namespace Router.Switching;

/// <summary>The record in the store. Only one operation of this process at a time may use it.</summary>
public sealed partial class StoredRecord(
    IModeStore store,
    ModeController modes,
    ModeHistory history,
    StoreHealth health,
    FleetClock clock,
    ILogger<StoredRecord> logger
) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);

    /// <summary>Runs work that reads the record and then replaces it.</summary>
    public async Task<T> ExclusiveAsync<T>(Func<Task<T>> work, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await work().ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>The text that the store holds; null if it is empty.</summary>
    /// <exception cref="ModeStoreException">The store can't be read.</exception>
    public Task<string?> ReadAsync(CancellationToken cancellation) => store.ReadAsync(cancellation);

    /// <summary>Whether the store holds this record, at most with a later step recorded as reached.</summary>
    /// <exception cref="ModeStoreException">The store can't be read.</exception>
    public async Task<bool> HoldsAsync(ModeRecord record, CancellationToken cancellation) =>
        ModeRecordText.TryParse(await ReadAsync(cancellation).ConfigureAwait(false) ?? "", out var found, out _)
        && found.IsEquivalentTo(record);

    /// <summary>
    /// Applies the record that the store holds. If it contradicts what this instance knows, the store is corrected first; if this instance
    /// has reached a later step, that is recorded. The text that the store holds afterwards.
    /// </summary>
    /// <exception cref="ModeStoreException">The store can't be read or written.</exception>
    public async Task<string> ApplyAsync(string text, ModeRecord found, CancellationToken cancellation)
    {
        var state = modes.State;
        if (
            state.Record.Version.IsStored
            && ModeRecord.Reconcile(state.Record, state.Index, found, clock.GetUtcNow()) is var result
            && !ReferenceEquals(result, found)
        )
        {
            if (!await ReplaceAsync(text, result, history.EntryOf(HistoryKind.Restored, result), cancellation).ConfigureAwait(false))
                return text;
            LogRestored(store.Name, result.Version, result.Goal.Mode);
            (text, found) = (ModeRecordText.Format(result), result);
        }

        modes.Offer(found);
        state = modes.State;
        if (state.Record.Version != found.Version || state.Index <= found.Reached)
            return text;
        try
        {
            var reached = found with { Reached = state.Index };
            return await ReplaceAsync(text, reached, null, cancellation).ConfigureAwait(false) ? ModeRecordText.Format(reached) : text;
        }
        catch (ModeStoreException error)
        {
            // It can be read, which is what counts. Something else writes it, such as a platform.
            health.WarnNotWritten(error.Message);
            return text;
        }
    }

    /// <summary>Writes back what this instance knows to a store that has lost it. Has no effect if another instance was first.</summary>
    /// <exception cref="ModeStoreException">The store can't be written.</exception>
    public async Task RestoreAsync(ModeState state, CancellationToken cancellation)
    {
        var known = state.Record with { Reached = state.Index };
        if (await ReplaceAsync(null, known, history.EntryOf(HistoryKind.Restored, known), cancellation).ConfigureAwait(false))
            LogRestored(store.Name, known.Version, state.Mode);
    }

    /// <summary>
    /// Replaces exactly the expected text (null for an empty store) and adds to the history; false, and nothing done, if the store holds
    /// another one.
    /// </summary>
    /// <exception cref="ModeStoreException">The store can't be written.</exception>
    public async Task<bool> ReplaceAsync(string? expected, ModeRecord record, HistoryEntry? entry, CancellationToken cancellation)
    {
        var text = ModeRecordText.Format(record);
        try
        {
            return await store
                .TryReplaceAsync(expected, text, entry is null ? null : ModeHistory.Text(entry), cancellation)
                .ConfigureAwait(false);
        }
        catch (ModeStoreException)
        {
            // The write may have been made although its response was lost.
            if (await store.ReadAsync(cancellation).ConfigureAwait(false) == text)
                return true;
            throw;
        }
    }

    public void Dispose() => _gate.Dispose();

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Store} had lost the mode record; this instance restored it: version {Version}, {Mode}."
    )]
    private partial void LogRestored(string store, RecordVersion version, Mode mode);
}
