using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Router.Http;

namespace Router.Configuration;

/// <summary>Parses addresses and CIDR ranges (RFC 4632, RFC 4291 section 2.3) as operators write them.</summary>
public static class AddressRange
{
    /// <summary>How to write one, for messages.</summary>
    public const string Hint = "Write 203.0.113.7, 198.51.100.0/24, 2001:db8::1 or 2001:db8::/32";

    public static string Problem(string? text) => $"'{text}' is neither an address nor a range";

    /// <summary>
    /// Parses <c>203.0.113.7</c>, <c>198.51.100.0/24</c>, <c>2001:db8::/32</c>. A range with host bits set means its network
    /// (<c>172.0.0.0/0</c> is everyone), and an IPv4-mapped IPv6 address is the IPv4 address.
    /// </summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out IPNetwork range)
    {
        range = default;
        var slash = text.AsSpan().IndexOf('/');
        var addressText = slash < 0 ? text.AsSpan() : text.AsSpan(0, slash);
        // The framework reads "10.1" as 10.0.0.1 and "010.0.0.1" as octal; a person who wrote that meant neither.
        if (!IPAddress.TryParse(addressText, out var address) || !IsPlain(address, addressText) || address.ScopeId() != 0)
            return false;
        var mapped = address.IsIPv4MappedToIPv6;
        if (mapped)
            address = address.MapToIPv4();
        var bits = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        var prefix = bits;
        if (slash >= 0)
        {
            if (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out prefix))
                return false;
            if (mapped)
                prefix -= 96;
            if (prefix < 0 || prefix > bits)
                return false;
        }

        range = new IPNetwork(NetworkOf(address, prefix), prefix);
        return true;
    }

    private static bool IsPlain(IPAddress address, ReadOnlySpan<char> text) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 || text.SequenceEqual(address.ToString());

    private static long ScopeId(this IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? address.ScopeId : 0;

    private static IPAddress NetworkOf(IPAddress address, int prefix)
    {
        var bytes = address.GetAddressBytes();
        for (var bit = prefix; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new IPAddress(bytes);
    }
}
