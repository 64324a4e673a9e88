using System.Buffers;
using Microsoft.Extensions.Primitives;

namespace Router.Http;

/// <summary>The characters allowed in header names and values.</summary>
public static class HeaderSyntax
{
    private const string Token = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    // NUL, all other control characters except the tab, and DEL.
    private static readonly byte[] ControlOctets =
    [
        .. Enumerable.Range(0, 32).Where(octet => octet != '\t').Select(octet => (byte)octet),
        0x7f,
    ];

    private static readonly SearchValues<char> TokenCharacters = SearchValues.Create(Token);
    private static readonly SearchValues<byte> TokenOctets = SearchValues.Create([.. Token.Select(c => (byte)c)]);
    private static readonly SearchValues<byte> Controls = SearchValues.Create(ControlOctets);
    private static readonly SearchValues<char> ControlCharacters = SearchValues.Create([.. ControlOctets.Select(octet => (char)octet)]);

    /// <summary>Whether a name is a token (RFC 9110 section 5.6.2). Only a token is a valid name.</summary>
    public static bool IsToken(ReadOnlySpan<char> name) => !name.IsEmpty && !name.ContainsAnyExcept(TokenCharacters);

    public static bool IsToken(ReadOnlySpan<byte> name) => !name.IsEmpty && !name.ContainsAnyExcept(TokenOctets);

    /// <summary>
    /// Whether a value contains a control character other than the tab (RFC 9110 section 5.5). A line break would start another header
    /// (CWE-93); some parsers treat the other control characters as blanks and some as the end of the value.
    /// </summary>
    public static bool HasControls(ReadOnlySpan<char> value) =>
        // Hardly any value contains anything but printable ASCII, and searching for a range is faster than searching for a set.
        value.ContainsAnyExceptInRange(' ', '~') && value.ContainsAny(ControlCharacters);

    public static bool HasControls(StringValues values)
    {
        foreach (var value in values)
        {
            if (HasControls(value.AsSpan()))
                return true;
        }

        return false;
    }

    public static bool HasControls(ReadOnlySpan<byte> value) =>
        value.ContainsAnyExceptInRange((byte)' ', (byte)'~') && value.ContainsAny(Controls);
}
