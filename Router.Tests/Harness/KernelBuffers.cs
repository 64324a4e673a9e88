using System.Globalization;

namespace Router.Tests.Harness;

/// <summary>What the kernel keeps of a transfer whose reader does not read.</summary>
internal static class KernelBuffers
{
    /// <summary>
    /// The most bytes that two connections may hold, from the writer to Router and from there to the reader. While its owner reads quickly,
    /// a receive buffer may grow up to the system's limit, such as 32 MiB. It does so once in many runs.
    /// </summary>
    public static long Max { get; } = 2 * (LimitOf("tcp_rmem") + LimitOf("tcp_wmem"));

    /// <summary>Far more than that: a writer who has written all of it was not held back.</summary>
    public static long FarMore { get; } = 4 * Max;

    // The smallest, the initial and the largest size (tcp(7)).
    private static long LimitOf(string setting) =>
        long.Parse(File.ReadAllText($"/proc/sys/net/ipv4/{setting}").Split('\t')[2], CultureInfo.InvariantCulture);
}
