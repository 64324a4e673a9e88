using System.Runtime.InteropServices;
using System.Text;

namespace Router.Http;

/// <summary>
/// Several header lines as the value of the first one. The server hashes, checks and encodes each header of a response on its own: the
/// five that a site's rules add cost a seventh of a request. A block costs as much as one header. Two octets make one character of the
/// value, and <see cref="HeaderValueEncoding"/> writes them unchanged. Only for HTTP/1.1, and only for headers that nothing reads later.
/// </summary>
public static class HeaderBlock
{
    // Unpaired surrogates: no decoder returns them, so no client and no backend can send a value that starts with one.
    private const char EvenMark = '\uDC00';
    private const char OddMark = '\uDC01';

    /// <summary>The value of the first line, which also contains the other lines.</summary>
    /// <param name="lines">The names and values of the lines.</param>
    public static string Of(IReadOnlyList<KeyValuePair<string, string>> lines)
    {
        var text = new StringBuilder(lines[0].Value);
        foreach (var (name, value) in lines.Skip(1))
            text.Append("\r\n").Append(name).Append(": ").Append(value);
        var octets = Encoding.Latin1.GetBytes(text.ToString());
        // A line break in a value would start a header that no rule names.
        if (lines.Any(line => !HeaderSyntax.IsToken(line.Key) || HeaderSyntax.HasControls(line.Value)))
            throw new ArgumentException("a header contains a character that no header may have", nameof(lines));
        return string.Create(
            1 + ((octets.Length + 1) / 2),
            octets,
            static (value, octets) =>
            {
                value[0] = octets.Length % 2 == 0 ? EvenMark : OddMark;
                value[^1] = (char)(1 << 8 | 1);
                octets.CopyTo(MemoryMarshal.AsBytes(value[1..]));
            }
        );
    }

    /// <summary>The octets of a block; empty if the value is not a block.</summary>
    public static ReadOnlySpan<byte> Octets(ReadOnlySpan<char> value) =>
        value is [EvenMark or OddMark, ..] ? MemoryMarshal.AsBytes(value[1..])[..LengthOf(value)] : [];

    /// <summary>How many octets a value has on the wire.</summary>
    public static int LengthOf(ReadOnlySpan<char> value) =>
        value is [EvenMark or OddMark, ..] ? (2 * (value.Length - 1)) - (value[0] - EvenMark) : value.Length;
}
