using System.Globalization;

namespace Router.Tests.Harness;

/// <summary>How much of a transfer is under way while its reader does not read.</summary>
internal static class KernelBuffers
{
    // Of an upload, the server reads 1 MiB ahead.
    private const long RoutersOwn = 2 << 20;

    /// <summary>
    /// The most bytes that the kernel's buffers of two connections may hold, from the writer to Router and from there to the reader, and
    /// Router's own. A receive buffer may grow up to the system's limit, such as 32 MiB, while its owner reads quickly. It does so once in
    /// many runs.
    /// </summary>
    public static long Max { get; } = (2 * (LimitOf("tcp_rmem") + LimitOf("tcp_wmem"))) + RoutersOwn;

    /// <summary>Far more than <see cref="Max"/>: a writer that could write this much was not held back.</summary>
    public static long FarMore { get; } = 4 * Max;

    // The smallest, the initial and the largest size (tcp(7)).
    private static long LimitOf(string setting) =>
        long.Parse(File.ReadAllText($"/proc/sys/net/ipv4/{setting}").Split('\t')[2], CultureInfo.InvariantCulture);
}
