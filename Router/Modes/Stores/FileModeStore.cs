using System.Text;
using Router.Configuration;

namespace Router.Modes.Stores;

/// <summary>
/// Stores the record in a file, for several processes on one host or on a shared volume, with files for its history, the instances' reports
/// and a lock next to it. Writes are atomic: a reader sees the old text or the new one. A file that is a symbolic link (a ConfigMap) is
/// only read.
/// </summary>
public sealed class FileModeStore : IModeStore
{
    /// <summary>The suffix of the lock file's name.</summary>
    internal const string LockSuffix = ".lock";

    /// <summary>The suffix of the name of the directory with the instances' reports.</summary>
    internal const string ReportsSuffix = ".instances";

    private const int MaxLength = 1 << 20;
    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(20);

    // No write takes this long: an older draft belongs to a writer that was killed.
    private static readonly TimeSpan MaxWrite = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    private readonly string _path;
    private readonly string _history;
    private readonly string _reports;
    private readonly TimeProvider _time;
    private readonly AsyncAutoResetEvent _changed;
    private readonly FileSystemWatcher? _watcher;
    private volatile string _seen = "";

    // How many calls were given up and have not ended. Each keeps a thread, and may still write.
    private int _hanging;
    private long? _draftsDeletedAt;

    // A directory that was there and is gone, with all that was in it, is a volume that is no longer mounted. Creating it again would start
    // an empty store that no other instance knows, and renew the lease from it.
    private volatile bool _hadReports;

    /// <summary>Opens the store without reading it.</summary>
    public FileModeStore(string path, TimeProvider time)
    {
        (_path, _history, _reports) = (path, path + ".history", path + ReportsSuffix);
        (_time, _changed) = (time, new AsyncAutoResetEvent(time));
        _watcher = Watch();
    }

    public string Name => $"the file {_path}";

    public bool IsLasting => true;

    public bool IsShared => true;

    public bool NeedsRegistration => false;

    public Task<string?> ReadAsync(CancellationToken cancellation) =>
        GuardAsync<string?>(
            "read",
            async end =>
            {
                // Before reading: a change meanwhile is then detected at the next poll.
                _seen = FileStamp.Of(_path);
                return await ReadTextAsync(end).ConfigureAwait(false);
            },
            cancellation
        );

    public Task<bool> TryReplaceAsync(string? expected, string replacement, string? historyLine, CancellationToken cancellation) =>
        GuardAsync(
            "written",
            async end =>
            {
                if (new FileInfo(_path).LinkTarget is not null)
                    throw new ModeStoreException(
                        $"The file {_path} is a symbolic link that the platform manages: change the mode there (such as in a ConfigMap), "
                            + $"or name a file that Router may write"
                    );
                using var held = await LockAsync(end).ConfigureAwait(false);
                if (await ReadTextAsync(end).ConfigureAwait(false) != expected)
                    return false;
                // First: a change missing from the history is worse than an entry for a change that was not made.
                if (historyLine is not null)
                    await AppendAsync(historyLine, end).ConfigureAwait(false);
                await WriteAsync(_path, replacement, end).ConfigureAwait(false);
                return true;
            },
            cancellation
        );

    public Task AddHistoryAsync(string line, CancellationToken cancellation) =>
        GuardAsync(
            "written",
            async end =>
            {
                using var held = await LockAsync(end).ConfigureAwait(false);
                await AppendAsync(line, end).ConfigureAwait(false);
                return true;
            },
            cancellation
        );

    public Task<IReadOnlyList<string>> ReadHistoryAsync(CancellationToken cancellation) =>
        GuardAsync<IReadOnlyList<string>>(
            "read",
            async end =>
                File.Exists(_history)
                    ?
                    [
                        .. (await File.ReadAllLinesAsync(_history, end).ConfigureAwait(false))
                            .Where(line => line.Length > 0)
                            .TakeLast(IModeStore.HistoryLength),
                    ]
                    : [],
            cancellation
        );

    public Task<StoreBeat> BeatAsync(string instance, string report, CancellationToken cancellation) =>
        GuardAsync(
            "written",
            async end =>
            {
                if (!HasReports())
                {
                    using var held = await LockAsync(end).ConfigureAwait(false);
                    CreateReports();
                }

                await WriteAsync(ReportOf(instance), new StoredReport(_time.GetUtcNow(), report).Encode(), end).ConfigureAwait(false);
                DeleteOldDrafts();
                // Reading a few local files costs less than electing an observer.
                return new StoreBeat(null, IsObserver: true, null);
            },
            cancellation
        );

    public Task<StoredFleet> ReadFleetAsync(CancellationToken cancellation) =>
        GuardAsync(
            "read",
            async end =>
            {
                var reports = new Dictionary<string, StoredReport>();
                foreach (var file in HasReports() ? Directory.EnumerateFiles(_reports, "*.json") : [])
                {
                    if (await ReadReportAsync(file, end).ConfigureAwait(false) is { } report)
                        reports[Uri.UnescapeDataString(Path.GetFileNameWithoutExtension(file))] = report;
                }

                return new StoredFleet(_time.GetUtcNow(), reports);
            },
            cancellation
        );

    public Task<bool> TryReplaceReportAsync(
        string instance,
        StoredReport? expected,
        StoredReport replacement,
        CancellationToken cancellation
    ) =>
        GuardAsync(
            "written",
            async end =>
            {
                using var held = await LockAsync(end).ConfigureAwait(false);
                if (!HasReports())
                    CreateReports();
                var path = ReportOf(instance);
                if (await ReadReportAsync(path, end).ConfigureAwait(false) != expected)
                    return false;
                await WriteAsync(path, replacement.Encode(), end).ConfigureAwait(false);
                return true;
            },
            cancellation
        );

    public Task PublishVerdictAsync(string verdict, CancellationToken cancellation) => Task.CompletedTask;

    public Task DeleteReportsAsync(IReadOnlyCollection<string> instances, CancellationToken cancellation) =>
        GuardAsync(
            "written",
            _ =>
            {
                foreach (var instance in instances)
                    File.Delete(ReportOf(instance));
                return Task.FromResult(true);
            },
            cancellation
        );

    /// <summary>
    /// Checks the file when the kernel reports a change in its directory, and five times a second: on shared volumes the kernel does not
    /// report it. Compares time, size and the target of a symbolic link, so that the swapped links of a ConfigMap are detected.
    /// </summary>
    public async Task WaitForChangeAsync(TimeSpan timeout, CancellationToken cancellation)
    {
        var began = _time.GetTimestamp();
        while (!await HasChangedAsync().ConfigureAwait(false) && _time.GetElapsedTime(began) is var passed && passed < timeout)
            await _changed.WaitAsync(timeout - passed < PollInterval ? timeout - passed : PollInterval, cancellation).ConfigureAwait(false);
    }

    private async Task<bool> HasChangedAsync()
    {
        try
        {
            return await GuardAsync("read", _ => Task.FromResult(FileStamp.Of(_path) != _seen), CancellationToken.None)
                .ConfigureAwait(false);
        }
        catch (ModeStoreException)
        {
            // The next reading reports it.
            return false;
        }
    }

    public ValueTask DisposeAsync()
    {
        _watcher?.Dispose();
        return ValueTask.CompletedTask;
    }

    private FileSystemWatcher? Watch()
    {
        try
        {
            var watcher = new FileSystemWatcher(Path.GetDirectoryName(_path)!);
            watcher.Changed += (_, _) => _changed.Set();
            watcher.Created += (_, _) => _changed.Set();
            watcher.Deleted += (_, _) => _changed.Set();
            watcher.Renamed += (_, _) => _changed.Set();
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // The kernel has no watches left, or the directory does not exist yet: polling alone must then suffice.
            return null;
        }
    }

    private static async Task<StoredReport?> ReadReportAsync(string file, CancellationToken cancellation)
    {
        try
        {
            return StoredReport.Decode(await File.ReadAllTextAsync(file, cancellation).ConfigureAwait(false));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            // Another instance has just deleted it.
            return null;
        }
    }

    /// <summary>Whether the directory of the reports is there; false before the first report.</summary>
    /// <exception cref="DirectoryNotFoundException">It was there.</exception>
    private bool HasReports()
    {
        if (Directory.Exists(_reports))
            return _hadReports = true;
        if (_hadReports)
            throw new DirectoryNotFoundException(
                $"{_reports} is gone, as if the volume were not mounted. If it was deleted on purpose, create it again"
            );
        return false;
    }

    // Under the lock, which is a file beside it: without one, the directories above would be created too.
    private void CreateReports()
    {
        Directory.CreateDirectory(_reports);
        _hadReports = true;
    }

    private string ReportOf(string instance) => Path.Combine(_reports, Uri.EscapeDataString(instance) + ".json");

    private async Task<string?> ReadTextAsync(CancellationToken cancellation)
    {
        if (!File.Exists(_path))
        {
            // A missing directory is a volume that is not mounted, not an empty store.
            if (!Directory.Exists(Path.GetDirectoryName(_path)))
                throw new DirectoryNotFoundException("its directory does not exist");
            _ = HasReports();
            return null;
        }

        if (new FileInfo(_path).Length > MaxLength)
            throw new ModeStoreException($"The file {_path} is longer than a record can be");
        var text = await File.ReadAllTextAsync(_path, cancellation).ConfigureAwait(false);
        return string.IsNullOrWhiteSpace(text) ? null : text;
    }

    private async Task AppendAsync(string line, CancellationToken cancellation)
    {
        var lines = File.Exists(_history) ? await File.ReadAllLinesAsync(_history, cancellation).ConfigureAwait(false) : [];
        await WriteAsync(
                _history,
                string.Concat(lines.Append(line).TakeLast(IModeStore.HistoryLength).Select(kept => kept + "\n")),
                cancellation
            )
            .ConfigureAwait(false);
    }

    private static async Task WriteAsync(string to, string text, CancellationToken cancellation)
    {
        var draft = $"{to}.{Environment.ProcessId}.{Guid.NewGuid():N}.tmp";
        try
        {
            var stream = new FileStream(draft, FileMode.CreateNew, FileAccess.Write, FileShare.None);
            await using (stream.ConfigureAwait(false))
            {
                await stream.WriteAsync(Encoding.UTF8.GetBytes(text), cancellation).ConfigureAwait(false);
                stream.Flush(flushToDisk: true);
            }

            cancellation.ThrowIfCancellationRequested();
            File.Move(draft, to, overwrite: true);
        }
        catch
        {
            File.Delete(draft);
            throw;
        }
    }

    // Once a minute: a process that is killed while writing leaves its draft behind.
    private void DeleteOldDrafts()
    {
        if (_draftsDeletedAt is { } last && _time.GetElapsedTime(last) < MaxWrite)
            return;
        _draftsDeletedAt = _time.GetTimestamp();
        var oldest = _time.GetUtcNow() - MaxWrite;
        var drafts = Directory
            .EnumerateFiles(_reports, "*.tmp")
            .Concat(Directory.EnumerateFiles(Path.GetDirectoryName(_path)!, Path.GetFileName(_path) + ".*.tmp"));
        foreach (var draft in drafts.Where(draft => File.GetLastWriteTimeUtc(draft) < oldest))
            File.Delete(draft);
    }

    private async Task<FileStream> LockAsync(CancellationToken cancellation)
    {
        _ = HasReports();
        var began = _time.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(_path + LockSuffix, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (Directory.Exists(Path.GetDirectoryName(_path)) && _time.GetElapsedTime(began) < LockTimeout)
            {
                await Task.Delay(LockPause, _time, cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task<T> GuardAsync<T>(string what, Func<CancellationToken, Task<T>> work, CancellationToken cancellation)
    {
        // While one call hangs, another would hang too. A late write of the first must not replace a newer one.
        if (Volatile.Read(ref _hanging) > 0)
            throw new ModeStoreException(NoResponse(what));
        // By another thread: a file operation on a volume that hangs blocks its thread and can't be cancelled.
        var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var running = Task.Run(() => work(end.Token), CancellationToken.None);
        try
        {
            return await running.WaitAsync(IModeStore.CallTimeout, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException error)
        {
            // It must not write anything from now on, because its caller is told that it failed.
            await end.CancelAsync().ConfigureAwait(false);
            Interlocked.Increment(ref _hanging);
            _ = running.ContinueWith(
                _ =>
                {
                    Interlocked.Decrement(ref _hanging);
                    end.Dispose();
                },
                TaskScheduler.Default
            );
            throw new ModeStoreException(NoResponse(what), error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModeStoreException($"The file {_path} can't be {what}: {error.Message.TrimEnd('.')}", error);
        }
        finally
        {
            if (running.IsCompleted)
                end.Dispose();
        }
    }

    private string NoResponse(string what) => $"The file {_path} can't be {what}: its volume does not respond";
}
