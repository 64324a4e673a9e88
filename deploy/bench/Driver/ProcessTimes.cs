using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Router.Bench;

/// <summary>
/// What a process and its children have used, from the operating system's accounting. The processor clock of a process is read, and not
/// the ticks of <c>/proc/PID/stat</c>: it counts nanoseconds, and threads that have ended stay in it.
/// </summary>
internal static partial class ProcessTimes
{
    // clock_getcpuclockid(3): the complement of the process's id, and "scheduler's count" in the three lowest bits.
    private const int SchedulerClock = 2;

    /// <summary>The processor time of these processes, user and system, in microseconds.</summary>
    public static double Microseconds(IEnumerable<int> processes) => processes.Sum(Microseconds);

    /// <summary>The resident memory of these processes, in bytes.</summary>
    public static long Resident(IEnumerable<int> processes) =>
        processes.Sum(process =>
            long.Parse(
                File.ReadLines($"/proc/{process}/status")
                    .First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
                    .Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2]
            ) * 1024
        );

    /// <summary>A process and all that it has started.</summary>
    public static int[] Tree(int root)
    {
        var children = Directory
            .EnumerateDirectories("/proc")
            .Select(directory => int.TryParse(Path.GetFileName(directory), out var id) ? id : 0)
            .Where(id => id > 0)
            .ToLookup(Parent);
        var tree = new List<int> { root };
        for (var next = 0; next < tree.Count; next++)
            tree.AddRange(children[tree[next]]);
        return [.. tree];
    }

    private static int Parent(int process)
    {
        try
        {
            // The name stands in parentheses and may hold anything; the state and the parent follow the last one.
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1]);
        }
        catch (IOException)
        {
            return 0; // It has ended since the directory was read.
        }
    }

    private static double Microseconds(int process)
    {
        if (ClockGetTime((~process << 3) | SchedulerClock, out var time) != 0)
            throw new Win32Exception();
        return time.Seconds * 1e6 + time.Nanoseconds / 1e3;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    private static partial int ClockGetTime(int clock, out TimeSpecification time);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct TimeSpecification
    {
        public readonly long Seconds;
        public readonly long Nanoseconds;
    }
}
