using System.Globalization;
using System.Net;

namespace Router.Tests.Harness;

/// <summary>What the kernel knows of the connections to a server of this machine, whether the server has read it or not.</summary>
internal static class KernelConnections
{
    // A line of /proc/net/tcp: number, local and remote endpoint, state, and "sent and unconfirmed":"received and unread", in hexadecimal.
    private const string Established = "01";

    /// <summary>Whether a client has a connection that neither side has closed.</summary>
    public static bool AnyOpenTo(IPEndPoint server) => OpenTo(server).Any();

    /// <summary>How many bytes have arrived that the server has not read.</summary>
    public static int UnreadBy(IPEndPoint server) =>
        OpenTo(server).Sum(columns => int.Parse(columns[4].Split(':')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    private static IEnumerable<string[]> OpenTo(IPEndPoint server) =>
        from line in File.ReadLines("/proc/net/tcp").Skip(1)
        let columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        // An address is a number in the order of this machine's bytes.
        where columns[1] == $"{BitConverter.ToUInt32(server.Address.GetAddressBytes()):X8}:{server.Port:X4}" && columns[3] == Established
        select columns;
}
