using Router.Configuration;
using Router.Modes;
using Router.Modes.Stores;

namespace Router.Switching;

/// <summary>The mode while the store holds no record, or can't be read and this instance has never read it.</summary>
public sealed partial class InitialRecord(
    IModeStore store,
    StoredRecord record,
    ModeController modes,
    ModeHistory history,
    StoreHealth health,
    RouterSettings settings,
    FleetClock clock,
    ILogger<InitialRecord> logger
)
{
    // An empty store at the start: time for a running instance to see that the store has lost its data, and to write back what it knows.
    // A server's connections may have to be given up and made again first.
    private readonly TimeSpan _grace = store.NeedsRegistration
        ? settings.ModeStore.HeartbeatExpiry + (2 * IModeStore.CallTimeout)
        : TimeSpan.FromSeconds(3);

    private static readonly RecordVersion FirstVersion = RecordVersion.NotStored.Next;

    private readonly Mode _configured = ModeCatalogue.TryFind(settings.Mode, out var mode)
        ? mode
        : throw new InvalidOperationException($"'{settings.Mode}' passed the check of the configuration");

    private long? _emptySince;

    /// <summary>The store is not empty.</summary>
    public void StoreHasText() => _emptySince = null;

    /// <summary>
    /// The store can't be read: puts the configured mode in force where the configuration allows that and no record is known.
    /// </summary>
    public void UseConfigured()
    {
        if (modes.State.Record.Version.IsUnknown && settings.ModeStore.ConfiguredModeWhenUnreachable)
            modes.Offer(ModeRecord.Start(_configured, RecordVersion.NotStored, clock.GetUtcNow()));
    }

    /// <summary>
    /// Fills an empty store. Lost data and a first start look the same: what this instance knows is written back, and what it can't know
    /// never opens the site. The reason to wait; null if the store is filled.
    /// </summary>
    /// <exception cref="ModeStoreException">The store can't be written.</exception>
    public async Task<string?> FillAsync(CancellationToken cancellation)
    {
        var state = modes.State;
        if (state.Record.Version.IsStored)
        {
            await record.RestoreAsync(state, cancellation).ConfigureAwait(false);
            return null;
        }

        _emptySince ??= clock.GetTimestamp();
        var mayHaveLost = health.WasUnreadable && !settings.ModeStore.ConfiguredModeWhenUnreachable;
        if (store.IsShared && clock.GetElapsedTime(_emptySince.Value) < _grace)
        {
            var plan = mayHaveLost ? "" : $": mode {_configured} takes effect in {DurationText.Of(_grace)}";
            return $"{Capital(store.Name)} is empty{plan}, unless another instance still has the record";
        }

        // Written to the store, and not only kept here: an instance that starts later would take an empty store for a first start.
        var now = clock.GetUtcNow();
        var first = mayHaveLost
            ? ModeRecord.Start(ModeCatalogue.Closed, FirstVersion, now, "the record of the mode was lost")
            : ModeRecord.Start(_configured, FirstVersion, now);
        var entry = history.EntryOf(mayHaveLost ? HistoryKind.Lost : HistoryKind.Started, first);
        if (await record.ReplaceAsync(null, first, entry, cancellation).ConfigureAwait(false))
        {
            modes.Offer(first);
            if (mayHaveLost)
                LogLost(store.Name, first.Steps[0].Mode, settings.Management.Hint("router mode set live"));
        }

        return null;
    }

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "{Store} could not be read when this instance started and is empty now: it may have lost the record of a closed site. "
            + "The mode is now {Mode}. To open the site once you have checked it: {Hint}"
    )]
    private partial void LogLost(string store, Mode mode, string hint);
}
