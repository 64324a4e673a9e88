using System.Net;
using Microsoft.Extensions.Primitives;
using Router.Http;

namespace Router.Access;

/// <summary>
/// Determines the client: the peer or, if the peer is a trusted proxy, the address that the proxies name, read from the right past every
/// proxy that is also trusted. Whatever is further left was written by an untrusted party.
/// </summary>
public static class ClientAddress
{
    /// <summary>Finds the client.</summary>
    /// <param name="peer">The address that connected.</param>
    /// <param name="forwardedFor">The values of <c>X-Forwarded-For</c>.</param>
    /// <param name="trusted">The trusted proxies; null if there are none.</param>
    public static IPAddress Of(IPAddress peer, StringValues forwardedFor, AllowList? trusted)
    {
        var client = peer;
        for (var i = forwardedFor.Count - 1; i >= 0; i--)
        {
            var rest = forwardedFor[i].AsSpan();
            while (true)
            {
                if (trusted is null || !trusted.Contains(client))
                    return client;
                var comma = rest.LastIndexOf(',');
                // An invalid entry gains nothing: regardless of its author, the last known address counts as the client.
                if (!TryRead(rest[(comma + 1)..].Trim(" \t"), out var before))
                    return client;
                client = before;
                if (comma < 0)
                    break;
                rest = rest[..comma];
            }
        }

        return client;
    }

    /// <summary>
    /// Reads one address; an IPv4 address only in its usual form. The framework parses "1", "0x7f.1" and "010.0.0.1" as addresses, but
    /// nobody who writes an address of a client means them so.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out IPAddress address)
    {
        address = IPAddress.None;
        if (!IPAddress.TryParse(text, out var parsed) || (!text.Contains(':') && !IsCanonical(parsed, text)))
            return false;
        address = parsed.IsIPv4MappedToIPv6 ? parsed.MapToIPv4() : parsed;
        return true;
    }

    // Some proxies add a port: 203.0.113.9:4711, [2001:db8::1]:4711.
    private static bool TryRead(ReadOnlySpan<char> text, out IPAddress address)
    {
        address = IPAddress.None;
        if (text.StartsWith('['))
        {
            var end = text.IndexOf(']');
            if (end < 0)
                return false;
            text = text[1..end];
        }
        else if (text.IndexOf(':') is >= 0 and var colon && colon == text.LastIndexOf(':'))
        {
            text = text[..colon];
        }

        return TryParse(text, out address);
    }

    private static bool IsCanonical(IPAddress address, ReadOnlySpan<char> text)
    {
        Span<char> usual = stackalloc char["255.255.255.255".Length];
        return address.TryFormat(usual, out var length) && text.SequenceEqual(usual[..length]);
    }
}
