using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Router.Configuration;

/// <summary>What counts as one client wherever clients are counted by their addresses.</summary>
public static class ClientNetwork
{
    private const int AddressBytes = 16;

    /// <summary>
    /// A number for the client: of an IPv4 address, mapped to IPv6 or not, the address; of an IPv6 address the /64, which a household or a
    /// server has at least (RFC 6177) and within which it may change its address at any time (RFC 8981).
    /// </summary>
    public static ulong Of(IPAddress client)
    {
        Span<byte> address = stackalloc byte[AddressBytes];
        client.TryWriteBytes(address, out var length);
        var isMapped = length == AddressBytes && client.IsIPv4MappedToIPv6;
        return client.AddressFamily == AddressFamily.InterNetwork || isMapped
            // No IPv6 network in use begins with 32 zero bits, so the two families never meet.
            ? BinaryPrimitives.ReadUInt32BigEndian(isMapped ? address[12..] : address)
            : BinaryPrimitives.ReadUInt64BigEndian(address);
    }
}
