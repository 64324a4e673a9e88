namespace Router.Modes.Stores;

/// <summary>
/// Stores the record of the mode, its history, and the report of each instance. A store handles texts only; their meaning is up to the
/// caller. Every method gives up within seconds and then throws <see cref="ModeStoreException"/>, and nothing else.
/// </summary>
public interface IModeStore : IAsyncDisposable
{
    /// <summary>How many lines the history keeps.</summary>
    const int HistoryLength = 500;

    /// <summary>When a call is given up. A report was made no longer than this before the store took it.</summary>
    static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(3);

    /// <summary>A description for operators, such as <c>the file /var/lib/router/mode.json</c>. Never contains a secret.</summary>
    string Name { get; }

    /// <summary>Whether it outlives this process.</summary>
    bool IsLasting { get; }

    /// <summary>Whether other processes see it too.</summary>
    bool IsShared { get; }

    /// <summary>
    /// Whether an instance may serve only after it has reported. False for a store that a platform may provide, which the instances cannot
    /// write: there, no instance speaks for another one.
    /// </summary>
    bool NeedsRegistration { get; }

    /// <summary>The record's text; null if the store is empty.</summary>
    Task<string?> ReadAsync(CancellationToken cancellation);

    /// <summary>
    /// Replaces exactly <paramref name="expected"/> (null for an empty store) with a text, and adds to the history in the same step;
    /// returns false and does nothing if the store holds something else. After an exception it may or may not have been done.
    /// </summary>
    Task<bool> TryReplaceAsync(string? expected, string replacement, string? historyLine, CancellationToken cancellation);

    /// <summary>Adds a line to the history, which keeps the newest <see cref="HistoryLength"/>.</summary>
    Task AddHistoryAsync(string line, CancellationToken cancellation);

    /// <summary>The history, the oldest line first.</summary>
    Task<IReadOnlyList<string>> ReadHistoryAsync(CancellationToken cancellation);

    /// <summary>
    /// Stores an instance's report, stamps it with the store's clock, and returns that clock. One of the instances that report is the
    /// observer; if it stops reporting, another one takes over within seconds.
    /// </summary>
    Task<StoreBeat> BeatAsync(string instance, string report, CancellationToken cancellation);

    Task<StoredFleet> ReadFleetAsync(CancellationToken cancellation);

    /// <summary>
    /// Replaces exactly the report that was read (null for none), including its stamp; returns false and does nothing if the store holds
    /// another one.
    /// </summary>
    Task<bool> TryReplaceReportAsync(string instance, StoredReport? expected, StoredReport replacement, CancellationToken cancellation);

    /// <summary>Publishes the observer's verdict to the other instances, for the next few seconds.</summary>
    Task PublishVerdictAsync(string verdict, CancellationToken cancellation);

    Task DeleteReportsAsync(IReadOnlyCollection<string> instances, CancellationToken cancellation);

    /// <summary>
    /// Returns when the record may have changed, or after a timeout. Changes between two calls are not missed. It throws only on
    /// cancellation: if changes cannot be detected, it waits for the timeout.
    /// </summary>
    Task WaitForChangeAsync(TimeSpan timeout, CancellationToken cancellation);
}
