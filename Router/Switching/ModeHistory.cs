using System.Collections.Concurrent;
using System.Text.Json;
using Router.Modes.Stores;

namespace Router.Switching;

/// <summary>The history in the store: what was done with the mode, and what this instance has still to add to it.</summary>
public sealed class ModeHistory(IModeStore store)
{
    private readonly ConcurrentQueue<HistoryEntry> _unwritten = new();

    /// <summary>Adds an entry with the next call of <see cref="WriteAsync"/>.</summary>
    public void Add(HistoryEntry entry) => _unwritten.Enqueue(entry);

    /// <summary>Writes what was added and is not in the store yet, in its order.</summary>
    /// <exception cref="ModeStoreException">The store can't be written. The entries are kept for the next call.</exception>
    public async Task WriteAsync(CancellationToken cancellation)
    {
        while (_unwritten.TryPeek(out var entry))
        {
            await store.AddHistoryAsync(Text(entry), cancellation).ConfigureAwait(false);
            _unwritten.TryDequeue(out _);
        }
    }

    /// <summary>The history, the oldest entry first.</summary>
    /// <exception cref="ModeStoreException">The store can't be read.</exception>
    public async Task<IReadOnlyList<HistoryEntry>> ReadAsync(CancellationToken cancellation) =>
        SwitchingJson.ReadHistory(await store.ReadHistoryAsync(cancellation).ConfigureAwait(false));

    /// <summary>An entry as the store keeps it.</summary>
    public static string Text(HistoryEntry entry) => JsonSerializer.Serialize(entry, SwitchingJson.Default.HistoryEntry);
}
