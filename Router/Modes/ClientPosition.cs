using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Router.Modes;

/// <summary>
/// Gives each client a fixed position from 0 to 1, evenly spread and the same on every instance: a share of the clients are those whose
/// position is below it, so a larger share contains every client of a smaller one.
/// </summary>
public static class ClientPosition
{
    private const int AddressBytes = 16;

    /// <summary>What the positions of a window of downtime depend on, so that it is not always the same clients who are first.</summary>
    public static ulong SeedOf(string window)
    {
        // FNV-1a, 64 bits. The framework's own hash of a text differs from process to process.
        var hash = 14_695_981_039_346_656_037UL;
        foreach (var octet in Encoding.UTF8.GetBytes(window))
            hash = (hash ^ octet) * 1_099_511_628_211UL;
        return hash;
    }

    /// <summary>
    /// The position of a client. An IPv6 client counts by its /64, within which it may change its address at any time (RFC 8981).
    /// </summary>
    public static double Of(IPAddress client, ulong seed)
    {
        Span<byte> address = stackalloc byte[AddressBytes];
        client.TryWriteBytes(address, out var length);
        var isMapped = length == AddressBytes && client.IsIPv4MappedToIPv6;
        var key =
            client.AddressFamily == AddressFamily.InterNetwork || isMapped
                // No IPv6 network in use begins with 32 zero bits, so the two families never meet.
                ? BinaryPrimitives.ReadUInt32BigEndian(isMapped ? address[12..] : address)
                : BinaryPrimitives.ReadUInt64BigEndian(address);
        // 53 bits: all that a double can hold exactly.
        return (Mix(Mix(key) ^ seed) >> 11) * (1.0 / (1UL << 53));
    }

    // The finalizer of SplitMix64: every bit of the input changes about half of the bits of the result.
    private static ulong Mix(ulong value)
    {
        value += 0x9E37_79B9_7F4A_7C15;
        value = (value ^ (value >> 30)) * 0xBF58_476D_1CE4_E5B9;
        value = (value ^ (value >> 27)) * 0x94D0_49BB_1331_11EB;
        return value ^ (value >> 31);
    }
}
