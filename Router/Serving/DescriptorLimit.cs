using System.Globalization;
using Router.Configuration;

namespace Router.Serving;

/// <summary>The process's limit of open files and sockets, and how many client connections fit into it.</summary>
public static class DescriptorLimit
{
    // Management and health (64 connections without an accepted request, and as many operators), listeners, log, files, store, probes and
    // DNS: 256 are ample.
    private const int Reserve = 256;

    private const int Fewest = 16;

    /// <summary>The limit in force; null if the system does not report one.</summary>
    public static int? Current { get; } = Read("/proc/self/limits");

    /// <summary>How many clients may be connected: each request needs a connection to its backend besides the client's.</summary>
    public static int ClientsFor(int descriptors) => Math.Max(Fewest, (descriptors - Reserve) / 2);

    /// <summary>Why a limit of client connections does not fit into the descriptors, with a hint; null if it fits.</summary>
    public static string? ProblemOf(int connections, int descriptors) =>
        connections <= ClientsFor(descriptors)
            ? null
            : $"Router:Limits:MaxConnections is {connections}, but the limit of {descriptors} open files has room for "
                + $"{ClientsFor(descriptors)} clients with their backends. "
                + "Raise the limit of open files (LimitNOFILE, ulimit -n) or lower MaxConnections";

    /// <summary>Why a backend's limit of concurrent requests does not fit into the descriptors, with a hint; null if it fits.</summary>
    public static string? ProblemOf(BackendSettings backend, int descriptors) =>
        backend.Http2 || backend.MaxConcurrentRequests <= descriptors - Reserve
            ? null
            : $"Router:Backends:{backend.Name}:MaxConcurrentRequests is {backend.MaxConcurrentRequests}, and each request takes a "
                + $"connection to the backend, "
                + $"but the limit of {descriptors} open files has room for {Math.Max(0, descriptors - Reserve)}. "
                + "Raise the limit of open files (LimitNOFILE, ulimit -n) or lower MaxConcurrentRequests";

    /// <summary>
    /// Reads the soft limit from a file such as <c>/proc/self/limits</c>. The runtime raises it to the hard limit at startup.
    /// </summary>
    public static int? Read(string path)
    {
        try
        {
            var line = File.ReadLines(path).FirstOrDefault(line => line.StartsWith("Max open files", StringComparison.Ordinal));
            var words = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return words is [_, _, _, var soft, ..] && long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
                ? (int)Math.Min(limit, int.MaxValue)
                : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
