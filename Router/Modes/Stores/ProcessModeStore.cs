namespace Router.Modes.Stores;

/// <summary>The record in this process's memory: gone when it ends, and a restart goes back to the configured mode.</summary>
public sealed class ProcessModeStore(TimeProvider time) : IModeStore
{
    private readonly Queue<string> _history = new();
    private readonly Dictionary<string, string> _reports = [];
    private readonly Lock _lock = new();
    private string? _text;

    /// <inheritdoc/>
    public string Name => "this process";

    /// <inheritdoc/>
    public bool IsLasting => false;

    /// <inheritdoc/>
    public bool IsShared => false;

    /// <inheritdoc/>
    public Task<string?> ReadAsync(CancellationToken cancellation)
    {
        lock (_lock)
            return Task.FromResult(_text);
    }

    /// <inheritdoc/>
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

    /// <inheritdoc/>
    public Task AddHistoryAsync(string line, CancellationToken cancellation)
    {
        lock (_lock)
            Add(line);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ReadHistoryAsync(CancellationToken cancellation)
    {
        lock (_lock)
            return Task.FromResult<IReadOnlyList<string>>([.. _history]);
    }

    /// <inheritdoc/>
    public Task ReportAsync(string instance, string report, CancellationToken cancellation)
    {
        lock (_lock)
            _reports[instance] = report;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<string, string>> ReadReportsAsync(CancellationToken cancellation)
    {
        lock (_lock)
            return Task.FromResult<IReadOnlyDictionary<string, string>>(new Dictionary<string, string>(_reports));
    }

    /// <inheritdoc/>
    public Task ForgetAsync(IReadOnlyCollection<string> instances, CancellationToken cancellation)
    {
        lock (_lock)
        {
            foreach (var instance in instances)
                _reports.Remove(instance);
        }

        return Task.CompletedTask;
    }

    /// <summary>Lets the time pass: who changes the record in this process knows of it.</summary>
    public async Task WaitForChangeAsync(TimeSpan atMost, CancellationToken cancellation) =>
        await Task.Delay(atMost, time, cancellation).ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Add(string line)
    {
        _history.Enqueue(line);
        while (_history.Count > ModeStores.HistoryLength)
            _history.Dequeue();
    }
}
