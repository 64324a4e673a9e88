using System.Text;

namespace Router.Http;

/// <summary>
/// Decodes the request's <c>Content-Length</c> so that only digits are accepted (RFC 9110 section 8.6). The server's parser for the decoded
/// text also accepts a sign and ignores NUL and white space around the number; another parser behind Router may not.
/// </summary>
public sealed class ContentLengthEncoding : Encoding
{
    // Makes the server respond with 400: no parser accepts it as part of a number.
    private const char NoDigit = '?';

    /// <summary>The shared instance; it has no state.</summary>
    public static ContentLengthEncoding Instance { get; } = new();

    public override int GetCharCount(byte[] bytes, int index, int count) => count;

    public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars)
    {
        // The server's buffer holds twenty characters, and every valid length has fewer digits.
        if (bytes.Length <= chars.Length && !bytes.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            return Latin1.GetChars(bytes, chars);
        if (chars.IsEmpty)
            return 0;
        chars[0] = NoDigit;
        return 1;
    }

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
        GetChars(bytes.AsSpan(byteIndex, byteCount), chars.AsSpan(charIndex));

    public override int GetMaxCharCount(int byteCount) => byteCount + 1;

    public override int GetByteCount(char[] chars, int index, int count) => count;

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    public override int GetMaxByteCount(int charCount) => charCount;
}
