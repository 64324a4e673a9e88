using System.ComponentModel;
using System.Diagnostics;
using Router.Switching;

namespace Router.Cli.Downtime;

/// <summary>The operator's command, with the tool's own standard streams.</summary>
internal sealed class ChildCommand : IDisposable
{
    /// <summary>The exit code of a command that can't be started, as shells give it.</summary>
    public const int NotStarted = 127;

    // Long enough for a database to roll back what a restore has begun.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly Process _process;

    private ChildCommand(Process process) => _process = process;

    /// <summary>Which process it is; null where the system does not show it.</summary>
    public ProcessIdentity? Identity => ProcessIdentity.Of(_process.Id);

    /// <summary>Completes when it ends, with its exit code: of a signal, 128 and its number.</summary>
    public Task<int> Ended { get; private init; } = Task.FromResult(0);

    /// <summary>Starts it; null, with the reason, if that fails.</summary>
    public static ChildCommand? TryStart(
        IReadOnlyList<string> command,
        IEnumerable<(string Name, string? Value)> environment,
        out string? problem
    )
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { UseShellExecute = false };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        try
        {
            var process = Process.Start(start)!;
            problem = null;
            return new ChildCommand(process) { Ended = EndAsync(process) };
        }
        catch (Win32Exception error)
        {
            problem = error.Message;
            return null;
        }
    }

    /// <summary>The program's file; null if there is none that can be executed.</summary>
    public static string? FindProgram(string name, string? path)
    {
        var candidates = name.Contains('/', StringComparison.Ordinal)
            ? [name]
            : (path ?? "").Split(':').Select(directory => Path.Combine(directory, name));
        return candidates.FirstOrDefault(IsProgram);
    }

    /// <summary>Asks it and everything it has started to end, and kills what is left after the grace.</summary>
    public async Task TerminateAsync()
    {
        var all = ProcessTree.Of(_process.Id);
        ProcessTree.Signal(all, ProcessTree.Terminate);
        var began = TimeProvider.System.GetTimestamp();
        while (all.Any(process => !process.HasEnded()) && TimeProvider.System.GetElapsedTime(began) < Grace)
            await Task.Delay(TimeSpan.FromMilliseconds(100)).ConfigureAwait(false);
        ProcessTree.Signal(all, ProcessTree.Kill);
    }

    /// <summary>Passes on a request to end, to everything that it has started too: a shell ends without what it waits for.</summary>
    public void PassOnTermination() => ProcessTree.Signal(ProcessTree.Of(_process.Id), ProcessTree.Terminate);

    public void Dispose() => _process.Dispose();

    private static async Task<int> EndAsync(Process process)
    {
        await process.WaitForExitAsync().ConfigureAwait(false);
        return process.ExitCode;
    }

    private static bool IsProgram(string file) =>
        File.Exists(file)
        && (
            OperatingSystem.IsWindows()
            || (File.GetUnixFileMode(file) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0
        );
}
