namespace Router.Modes.Stores;

/// <summary>
/// Where the record of the mode lives, its history, and what each instance reports. A store knows texts only; what they say is others'
/// concern. Every method gives up within seconds and then throws <see cref="ModeStoreException"/>, and nothing else.
/// </summary>
public interface IModeStore : IAsyncDisposable
{
    /// <summary>How many lines the history keeps.</summary>
    const int HistoryLength = 500;

    /// <summary>What it is, for an operator, such as <c>the file /var/lib/router/mode.json</c>. Never holds a secret.</summary>
    string Name { get; }

    /// <summary>Whether it outlasts this process.</summary>
    bool IsLasting { get; }

    /// <summary>Whether other processes see it too.</summary>
    bool IsShared { get; }

    /// <summary>
    /// Whether an instance may serve only after it has reported. Not where a platform may keep the store, which nobody can write then:
    /// there no instance speaks for another one.
    /// </summary>
    bool NeedsRegistration { get; }

    /// <summary>The record's text; null where the store is empty.</summary>
    Task<string?> ReadAsync(CancellationToken cancellation);

    /// <summary>
    /// Puts a text in the place of exactly <paramref name="expected"/> (null for an empty store), and adds to the history in the same step;
    /// false, and nothing done, where the store holds something else. After an exception it may have been done or not.
    /// </summary>
    Task<bool> TryReplaceAsync(string? expected, string replacement, string? historyLine, CancellationToken cancellation);

    /// <summary>Adds a line to the history, which keeps the newest <see cref="HistoryLength"/>.</summary>
    Task AddHistoryAsync(string line, CancellationToken cancellation);

    /// <summary>The history, the oldest line first.</summary>
    Task<IReadOnlyList<string>> ReadHistoryAsync(CancellationToken cancellation);

    /// <summary>
    /// Takes an instance's report, stamps it with the store's clock, and answers with that clock. One of the instances that do so is the
    /// observer; when it stays away, another one takes over within seconds.
    /// </summary>
    Task<StoreBeat> BeatAsync(string instance, string report, CancellationToken cancellation);

    /// <summary>Reads all reports.</summary>
    Task<StoredFleet> ReadFleetAsync(CancellationToken cancellation);

    /// <summary>
    /// Replaces exactly the report that was read (null for none), stamp included; false, and nothing done, where the store holds another
    /// one.
    /// </summary>
    Task<bool> TryReplaceReportAsync(string instance, StoredReport? expected, StoredReport replacement, CancellationToken cancellation);

    /// <summary>Publishes the observer's verdict to the other instances, for the next few seconds.</summary>
    Task PublishVerdictAsync(string verdict, CancellationToken cancellation);

    /// <summary>Deletes reports.</summary>
    Task DeleteReportsAsync(IReadOnlyCollection<string> instances, CancellationToken cancellation);

    /// <summary>
    /// Returns when the record may have changed, or after a time. What changes between two calls is not missed.
    /// It never throws but for the cancellation: where nobody can tell of changes, it lets the time pass.
    /// </summary>
    Task WaitForChangeAsync(TimeSpan atMost, CancellationToken cancellation);
}
