using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Router.Switching;

/// <summary>
/// Which process an instance is, so that a later one on the same host can prove that it has ended. Process ids are comparable only under
/// one boot of one kernel and in one PID namespace: containers have their own.
/// </summary>
/// <param name="Boot">The kernel's random id of this boot.</param>
/// <param name="Namespace">The PID namespace.</param>
/// <param name="Pid">The process id.</param>
/// <param name="Started">When it was started, in clock ticks since boot: a process id may be used again.</param>
public sealed record ProcessIdentity(string Boot, string Namespace, int Pid, ulong Started)
{
    /// <summary>This process; null where the system does not report it.</summary>
    public static ProcessIdentity? Own { get; } = Read(Environment.ProcessId);

    /// <summary>Whether it was seen under the boot and in the namespace of this process: nothing can be said about another one.</summary>
    [JsonIgnore]
    public bool IsOfThisBoot => Own is { } own && own.Boot == Boot && own.Namespace == Namespace;

    /// <summary>A process of this machine; null where it has ended or the system does not report it.</summary>
    public static ProcessIdentity? Of(int pid) => Read(pid);

    /// <summary>Whether the process has certainly ended. False where this process can't tell.</summary>
    public bool HasEnded() => IsOfThisBoot && this != Own && (TryReadStart(Pid, out var started) ? started != Started : !IsRunning(Pid));

    private static ProcessIdentity? Read(int pid)
    {
        try
        {
            return new FileInfo("/proc/self/ns/pid").LinkTarget is { } space && TryReadStart(pid, out var start) && start is { } started
                ? new ProcessIdentity(File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim(), space, pid, started)
                : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Not Linux, or /proc is not mounted.
            return null;
        }
    }

    // False where it can't be read. A zombie runs no code, so it has no start.
    private static bool TryReadStart(int pid, out ulong? started)
    {
        started = null;
        try
        {
            var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
            // The name, in parentheses, may hold anything; the state is the first field after it, the start the twentieth.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            started = fields[0] is "Z" or "X" ? null : ulong.Parse(fields[19], CultureInfo.InvariantCulture);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // Asks the kernel by a signal that does nothing: /proc may hide the processes of other users (hidepid).
    private static bool IsRunning(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
