using System.Buffers;
using System.Globalization;
using Router.Http;

namespace Router.Routing;

/// <summary>Parses a <c>Host</c> header (RFC 9110 section 7.2, RFC 3986 section 3.2.2).</summary>
public static class HostName
{
    // Letters, digits, hyphen, dot, and the underscore that real names contain. No sub-delims and no percent-encoding: no public name needs
    // them, and any two parsers read them differently.
    internal static readonly SearchValues<char> NameCharacters = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
    );

    private static readonly SearchValues<char> LiteralCharacters = SearchValues.Create("0123456789abcdefABCDEF:.");

    /// <summary>
    /// Removes the port and one trailing dot. Returns false if the header is not a host with an optional port, so that nothing malformed is
    /// ever forwarded.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<char> host, out ReadOnlySpan<char> name)
    {
        name = default;
        ReadOnlySpan<char> port;
        if (host.StartsWith('['))
        {
            var end = host.IndexOf(']');
            if (end < 3 || host[1..end].ContainsAnyExcept(LiteralCharacters))
                return false;
            name = host[..(end + 1)];
            port = host[(end + 1)..];
        }
        else
        {
            var colon = host.IndexOf(':');
            name = colon < 0 ? host : host[..colon];
            port = colon < 0 ? default : host[colon..];
            if (name.EndsWith('.'))
                name = name[..^1];
            if (
                name.IsEmpty
                || name.Length > 253
                || name.ContainsAnyExcept(NameCharacters)
                || name[0] == '.'
                || name[^1] == '.'
                || name.IndexOf("..") >= 0
            )
                return false;
        }

        return port.IsEmpty || IsPort(port);
    }

    private static bool IsPort(ReadOnlySpan<char> port) =>
        port[0] == ':'
        && (port.Length == 1 || (port.Length <= 6 && ushort.TryParse(port[1..], NumberStyles.None, CultureInfo.InvariantCulture, out _)));
}
