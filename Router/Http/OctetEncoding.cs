using System.Text;

namespace Router.Http;

/// <summary>
/// Latin-1 for Router's header values. Each of their characters is one byte (RFC 9110 section 5.5), so there is no need to count.
/// The framework's encoding counts by inspecting each character.
/// </summary>
public sealed class OctetEncoding : Encoding
{
    /// <summary>The shared instance; it has no state.</summary>
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
