namespace Router.Modes.Stores;

/// <summary>
/// Stores the record in this process's memory: it is lost when the process ends, and a restart returns to the configured mode.
/// </summary>
public sealed class ProcessModeStore(TimeProvider time) : IModeStore
{
    private readonly Queue<string> _history = new();
    private readonly Lock _lock = new();
    private string? _text;

    public string Name => "this process";

    public bool IsLasting => false;

    public bool IsShared => false;

    public bool NeedsRegistration => false;

    public Task<string?> ReadAsync(CancellationToken cancellation)
    {
        lock (_lock)
            return Task.FromResult(_text);
    }

    public Task<bool> TryReplaceAsync(string? expected, string replacement, string? historyLine, CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (_text != expected)
                return Task.FromResult(false);
            _text = replacement;
            if (historyLine is not null)
                Add(historyLine);
            return Task.FromResult(true);
        }
    }

    public Task AddHistoryAsync(string line, CancellationToken cancellation)
    {
        lock (_lock)
            Add(line);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<string>> ReadHistoryAsync(CancellationToken cancellation)
    {
        lock (_lock)
            return Task.FromResult<IReadOnlyList<string>>([.. _history]);
    }

    public Task<StoreBeat> BeatAsync(string instance, string report, CancellationToken cancellation) =>
        Task.FromResult(new StoreBeat(null, IsObserver: true, null));

    public Task<StoredFleet> ReadFleetAsync(CancellationToken cancellation) =>
        Task.FromResult(new StoredFleet(time.GetUtcNow(), new Dictionary<string, StoredReport>()));

    public Task<bool> TryReplaceReportAsync(
        string instance,
        StoredReport? expected,
        StoredReport replacement,
        CancellationToken cancellation
    ) => Task.FromResult(false);

    public Task PublishVerdictAsync(string verdict, CancellationToken cancellation) => Task.CompletedTask;

    public Task DeleteReportsAsync(IReadOnlyCollection<string> instances, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Waits for the timeout: only this process changes the record, and it already knows of each change.</summary>
    public async Task WaitForChangeAsync(TimeSpan timeout, CancellationToken cancellation) =>
        await Task.Delay(timeout, time, cancellation).ConfigureAwait(false);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Add(string line)
    {
        _history.Enqueue(line);
        while (_history.Count > IModeStore.HistoryLength)
            _history.Dequeue();
    }
}
