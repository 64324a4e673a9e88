using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Router.Configuration;

namespace Router.Access;

/// <summary>
/// A set of address ranges. The ranges are kept merged and sorted, so that a look-up is a binary search and a list of thousands costs about
/// as much as one of ten.
/// </summary>
public sealed class AllowList
{
    private readonly UInt128[] _firsts;
    private readonly UInt128[] _lasts;

    /// <summary>Creates the set.</summary>
    /// <param name="name">The list's name in the configuration.</param>
    /// <param name="ranges">The ranges, in any order.</param>
    public AllowList(string name, ImmutableArray<IPNetwork> ranges)
    {
        Name = name;
        Count = ranges.Length;
        Sample = ranges is [var first, ..] ? first.BaseAddress : null;
        var firsts = new List<UInt128>();
        var lasts = new List<UInt128>();
        foreach (var (start, last) in ranges.Select(Bounds).Order())
        {
            if (firsts.Count > 0 && start <= lasts[^1])
            {
                lasts[^1] = UInt128.Max(lasts[^1], last);
                continue;
            }

            firsts.Add(start);
            lasts.Add(last);
        }

        _firsts = [.. firsts];
        _lasts = [.. lasts];
    }

    public AllowList(AllowListSettings settings)
        : this(settings.Name, settings.Ranges) { }

    /// <summary>The name in the configuration.</summary>
    public string Name { get; }

    /// <summary>The number of configured ranges.</summary>
    public int Count { get; }

    /// <summary>An address that is in the list; null if the list is empty.</summary>
    public IPAddress? Sample { get; }

    /// <summary>Whether an address is in one of the ranges. An IPv4-mapped IPv6 address counts as the IPv4 address.</summary>
    public bool Contains(IPAddress address)
    {
        var number = Number(address);
        var index = Array.BinarySearch(_firsts, number);
        if (index < 0)
            index = ~index - 1;
        return index >= 0 && number <= _lasts[index];
    }

    // IPv4 is represented by its mapped form ::ffff:0:0/96 (RFC 4291 section 2.5.5.2), so that one order covers both.
    private static UInt128 Number(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        return length == 4
            ? new UInt128(0, 0xFFFF_0000_0000UL | BinaryPrimitives.ReadUInt32BigEndian(bytes))
            : BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private static (UInt128 First, UInt128 Last) Bounds(IPNetwork range)
    {
        var first = Number(range.BaseAddress);
        var bits = (range.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? 32 : 128) - range.PrefixLength;
        return (first, bits == 128 ? UInt128.MaxValue : first | ((UInt128.One << bits) - 1));
    }
}
