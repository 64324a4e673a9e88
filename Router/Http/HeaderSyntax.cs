using System.Buffers;
using Microsoft.Extensions.Primitives;

namespace Router.Http;

/// <summary>What a field's name and value may be made of.</summary>
public static class HeaderSyntax
{
    private const string Token = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    // NUL, the other controls but the tab, and DEL.
    private static readonly byte[] ControlOctets =
    [
        .. Enumerable.Range(0, 32).Where(octet => octet != '\t').Select(octet => (byte)octet),
        0x7f,
    ];

    private static readonly SearchValues<char> TokenCharacters = SearchValues.Create(Token);
    private static readonly SearchValues<byte> TokenOctets = SearchValues.Create([.. Token.Select(c => (byte)c)]);
    private static readonly SearchValues<byte> Controls = SearchValues.Create(ControlOctets);
    private static readonly SearchValues<char> ControlCharacters = SearchValues.Create([.. ControlOctets.Select(octet => (char)octet)]);

    /// <summary>Whether a name is a token (RFC 9110 section 5.6.2): nothing else may be one.</summary>
    public static bool IsToken(ReadOnlySpan<char> name) => !name.IsEmpty && !name.ContainsAnyExcept(TokenCharacters);

    public static bool IsToken(ReadOnlySpan<byte> name) => !name.IsEmpty && !name.ContainsAnyExcept(TokenOctets);

    /// <summary>
    /// Whether there is a control character other than the tab (RFC 9110 section 5.5). A line break begins a field of its own (CWE-93);
    /// the others some parsers take for blanks and some for an end.
    /// </summary>
    public static bool HasControls(ReadOnlySpan<char> value) =>
        // Hardly a value has anything but letters and the like, and a range is looked through faster than a set.
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
