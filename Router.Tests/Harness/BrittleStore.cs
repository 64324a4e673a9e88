using System.Collections.Concurrent;
using Router.Modes.Stores;

namespace Router.Tests.Harness;

/// <summary>A shared store that goes away, loses what it held, or does what it was asked and does not say so.</summary>
internal sealed class BrittleStore(TimeProvider clock) : IModeStore
{
    private readonly ConcurrentDictionary<string, StoredReport> _reports = [];

    private readonly ConcurrentQueue<string> _history = [];

    /// <summary>The lines of the history.</summary>
    public IReadOnlyList<string> History => [.. _history];

    public string Name => "the brittle store";

    public bool IsLasting => true;

    public bool IsShared => true;

    public bool NeedsRegistration => true;

    /// <summary>What it holds.</summary>
    public string? Text { get; set; }

    /// <summary>Whether it can't be reached.</summary>
    public bool IsAway { get; set; }

    /// <summary>What happens while it writes.</summary>
    public Action? Writing { get; set; }

    /// <summary>Whether its next write is done and not confirmed.</summary>
    public bool LosesTheNextResponse { get; set; }

    public Task<string?> ReadAsync(CancellationToken cancellation) => DoAsync(() => Text);

    public Task<bool> TryReplaceAsync(string? expected, string replacement, string? historyLine, CancellationToken cancellation) =>
        DoAsync(() =>
        {
            if (Text != expected)
                return false;
            Writing?.Invoke();
            Text = replacement;
            if (historyLine is not null)
                _history.Enqueue(historyLine);
            if (!LosesTheNextResponse)
                return true;
            LosesTheNextResponse = false;
            throw new ModeStoreException("the response was lost");
        });

    public Task AddHistoryAsync(string line, CancellationToken cancellation) =>
        DoAsync(() =>
        {
            _history.Enqueue(line);
            return true;
        });

    public Task<IReadOnlyList<string>> ReadHistoryAsync(CancellationToken cancellation) => DoAsync<IReadOnlyList<string>>(() => History);

    public Task<StoreBeat> BeatAsync(string instance, string report, CancellationToken cancellation) =>
        DoAsync(() =>
        {
            _reports[instance] = new StoredReport(clock.GetUtcNow() + Ahead, report);
            return new StoreBeat(null, Observer is null || instance.StartsWith(Observer, StringComparison.Ordinal), null);
        });

    public Task<StoredFleet> ReadFleetAsync(CancellationToken cancellation) =>
        DoAsync(() => new StoredFleet(clock.GetUtcNow(), new Dictionary<string, StoredReport>(_reports)));

    public Task<bool> TryReplaceReportAsync(
        string instance,
        StoredReport? expected,
        StoredReport replacement,
        CancellationToken cancellation
    ) =>
        DoAsync(() =>
        {
            if (_reports.GetValueOrDefault(instance) != expected)
                return false;
            _reports[instance] = replacement;
            return true;
        });

    public Task PublishVerdictAsync(string verdict, CancellationToken cancellation) => DoAsync(() => true);

    public Task DeleteReportsAsync(IReadOnlyCollection<string> instances, CancellationToken cancellation) =>
        DoAsync(() => instances.Count(id => _reports.TryRemove(id, out _)));

    public Task WaitForChangeAsync(TimeSpan timeout, CancellationToken cancellation) => Task.Delay(Timeout.Infinite, cancellation);

    /// <summary>By how much its clock is ahead when it takes a report.</summary>
    public TimeSpan Ahead { get; set; }

    /// <summary>The name of the only instance that is an observer; null for all of them.</summary>
    public string? Observer { get; set; }

    /// <summary>What the instances have reported.</summary>
    public IReadOnlyDictionary<string, StoredReport> Snapshot() => new Dictionary<string, StoredReport>(_reports);

    /// <summary>It goes back to an earlier state.</summary>
    public void Restore(IReadOnlyDictionary<string, StoredReport> snapshot)
    {
        _reports.Clear();
        foreach (var (id, report) in snapshot)
            _reports[id] = report;
    }

    /// <summary>It loses what the instances have reported.</summary>
    public void LoseReports() => _reports.Clear();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Task<T> DoAsync<T>(Func<T> work)
    {
        if (IsAway)
            return Task.FromException<T>(new ModeStoreException("it is away"));
        try
        {
            return Task.FromResult(work());
        }
        catch (ModeStoreException error)
        {
            return Task.FromException<T>(error);
        }
    }
}
