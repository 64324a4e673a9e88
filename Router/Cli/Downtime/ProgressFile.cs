using System.Text.Json;
using Router.Reports;

namespace Router.Cli.Downtime;

/// <summary>
/// The file of a downtime's progress. It is replaced as a whole, so that a killed tool leaves either the old or the new one. A lock beside
/// it, which the system releases when the process ends, says that a tool is at work on it.
/// </summary>
internal sealed class ProgressFile : IDisposable
{
    private const string Suffix = ".downtime.json";

    private readonly string _path;
    private readonly FileStream _lock;

    private ProgressFile(string path, FileStream held, DowntimeProgress progress) => (_path, _lock, Progress) = (path, held, progress);

    public DowntimeProgress Progress { get; private set; }

    public string Folder => Path.GetDirectoryName(_path)!;

    /// <summary>The file for the command: the verdict, the last writes and the writes of unknown outcome.</summary>
    public string WindowFile => _path[..^Suffix.Length] + ".window.json";

    /// <summary>The directory for such files: of the variable, otherwise the user's own.</summary>
    public static string DefaultDirectory(Func<string, string?> environment)
    {
        var state =
            environment("XDG_STATE_HOME") is { Length: > 0 } given && Path.IsPathRooted(given)
                ? given
                : Path.Combine(environment("HOME") is { Length: > 0 } home ? home : Path.GetTempPath(), ".local", "state");
        return Path.Combine(state, "router");
    }

    /// <summary>Creates the file of a new downtime, and locks it.</summary>
    public static ProgressFile Create(string directory, DowntimeProgress progress)
    {
        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, progress.Id + Suffix);
        var file = new ProgressFile(path, TryLock(path) ?? throw new IOException($"{path} is locked"), progress);
        file.Save(progress);
        return file;
    }

    /// <summary>All progress in a directory, the newest first. A file that can't be read belongs to another release.</summary>
    public static IReadOnlyList<(string Path, DowntimeProgress Progress)> List(string directory) =>
        Directory.Exists(directory)
            ?
            [
                .. Directory
                    .EnumerateFiles(directory, "*" + Suffix)
                    .OrderDescending(StringComparer.Ordinal)
                    .Select(path => (path, TryRead(path)))
                    .Where(found => found.Item2 is not null)
                    .Select(found => (found.path, found.Item2!)),
            ]
            : [];

    /// <summary>Locks the file of a downtime and reads it; null while another tool is at work on it.</summary>
    public static ProgressFile? TryOpen(string path) =>
        TryLock(path) is { } held ? new ProgressFile(path, held, TryRead(path) ?? throw new IOException($"{path} can't be read")) : null;

    /// <summary>Called with the reason when the file can't be written although the command has started.</summary>
    public Action<string>? Unwritable { get; set; }

    /// <summary>
    /// Replaces the progress. From the moment at which the command runs, a full disk must not end what watches over it: the progress is
    /// then kept in memory alone.
    /// </summary>
    public void Save(DowntimeProgress progress)
    {
        Progress = progress;
        try
        {
            PrivateFile.Write(_path, JsonSerializer.Serialize(progress, DowntimeJson.Default.DowntimeProgress));
        }
        catch (Exception error)
            when (error is IOException or UnauthorizedAccessException
                && Unwritable is not null
                && (progress.Process is not null || progress.Step > DowntimeStep.Running)
            )
        {
            Unwritable(error.Message);
        }
    }

    /// <summary>Deletes what the downtime has left: it is over.</summary>
    public void Delete()
    {
        foreach (var file in new[] { _path, WindowFile, LockOf(_path) })
            File.Delete(file);
    }

    public void Dispose() => _lock.Dispose();

    private static string LockOf(string path) => path + ".lock";

    private static FileStream? TryLock(string path)
    {
        try
        {
            return PrivateFile.Open(LockOf(path), FileMode.OpenOrCreate, FileAccess.ReadWrite);
        }
        catch (IOException) when (File.Exists(LockOf(path)))
        {
            return null;
        }
    }

    private static DowntimeProgress? TryRead(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), DowntimeJson.Default.DowntimeProgress);
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
