using System.Text;

namespace Router.Http;

/// <summary>
/// Latin-1, with the field values that Router has: each of their characters is an octet (RFC 9110 section 5.5), so that nobody need count.
/// The framework's counts by looking at each character.
/// </summary>
public sealed class OctetEncoding : Encoding
{
    /// <summary>The one instance; it has no state.</summary>
    public static OctetEncoding Instance { get; } = new();

    public override int GetByteCount(char[] chars, int index, int count) => count;

    public override int GetByteCount(string s) => s.Length;

    public override int GetByteCount(ReadOnlySpan<char> chars) => chars.Length;

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    public override int GetBytes(ReadOnlySpan<char> chars, Span<byte> bytes) =>
        PrintableAscii.TryWrite(chars, bytes) ? chars.Length : Latin1.GetBytes(chars, bytes);

    public override int GetMaxByteCount(int charCount) => charCount;

    public override int GetCharCount(byte[] bytes, int index, int count) => count;

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
        Latin1.GetChars(bytes, byteIndex, byteCount, chars, charIndex);

    public override int GetMaxCharCount(int byteCount) => byteCount;
}
