using System.Globalization;
using System.Runtime.InteropServices;
using Router.Switching;

namespace Router.Cli.Downtime;

/// <summary>
/// A process and everything that it has started, directly or not. A process group of its own would be simpler to signal, but a command in
/// it could not read from the terminal.
/// </summary>
internal static class ProcessTree
{
    public const int Terminate = 15;
    public const int Kill = 9;

    /// <summary>The process and its descendants; where the system does not list them, none.</summary>
    public static IReadOnlyList<ProcessIdentity> Of(int root)
    {
        var children = Parents().ToLookup(process => process.Parent, process => process.Pid);
        List<int> found = [root];
        for (var i = 0; i < found.Count; i++)
            found.AddRange(children[found[i]]);
        return [.. found.Select(ProcessIdentity.Of).OfType<ProcessIdentity>()];
    }

    /// <summary>
    /// A process that was started with an environment variable, even if its parent has ended; null where the system shows none.
    /// </summary>
    public static int? FindByVariable(string name, string value)
    {
        foreach (var (pid, _) in Parents())
        {
            if (pid != Environment.ProcessId && Read(pid, "environ") is { } all && all.Split('\0').Contains($"{name}={value}"))
                return pid;
        }

        return null;
    }

    /// <summary>Sends a signal to each that has not ended.</summary>
    public static void Signal(IEnumerable<ProcessIdentity> processes, int signal)
    {
        // A process that has ended meanwhile is no error.
        foreach (var process in processes.Where(process => !process.HasEnded()))
            _ = Send(process.Pid, signal);
    }

    private static IEnumerable<(int Pid, int Parent)> Parents()
    {
        foreach (var directory in Directory.Exists("/proc") ? Directory.EnumerateDirectories("/proc") : [])
        {
            if (!int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
                continue;
            // proc(5): the name, in parentheses, may hold anything; state and parent follow it.
            if (
                Read(pid, "stat") is { } stat
                && int.TryParse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture, out var parent)
            )
                yield return (pid, parent);
        }
    }

    // Null for a process that has ended, or belongs to another user.
    private static string? Read(int pid, string name)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/{name}"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Send(int pid, int signal);
}
