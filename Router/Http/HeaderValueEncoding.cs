using System.Text;

namespace Router.Http;

/// <summary>
/// Latin-1 for Router's header values. Each of their characters is one byte (RFC 9110 section 5.5), so there is no need to count.
/// The framework's encoding counts by inspecting each character. A <see cref="HeaderBlock"/> is written as it is.
/// </summary>
public sealed class HeaderValueEncoding : Encoding
{
    /// <summary>The shared instance; it has no state.</summary>
    public static HeaderValueEncoding Instance { get; } = new();

    public override int GetByteCount(char[] chars, int index, int count) => HeaderBlock.LengthOf(chars.AsSpan(index, count));

    public override int GetByteCount(string s) => HeaderBlock.LengthOf(s);

    public override int GetByteCount(ReadOnlySpan<char> chars) => HeaderBlock.LengthOf(chars);

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        GetBytes(chars.AsSpan(charIndex, charCount), bytes.AsSpan(byteIndex));

    public override int GetBytes(ReadOnlySpan<char> chars, Span<byte> bytes)
    {
        if (HeaderBlock.Octets(chars) is { IsEmpty: false } octets)
        {
            octets.CopyTo(bytes);
            return octets.Length;
        }

        return Latin1.GetBytes(chars, bytes);
    }

    public override int GetMaxByteCount(int charCount) => 2 * charCount;

    /// <summary>For a value that the server's buffer has no room for: it is written in pieces.</summary>
    public override Encoder GetEncoder() => new PieceEncoder();

    public override int GetCharCount(byte[] bytes, int index, int count) => count;

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
        Latin1.GetChars(bytes, byteIndex, byteCount, chars, charIndex);

    public override int GetMaxCharCount(int byteCount) => byteCount;

    // The octets of the first call's value are copied: the mark of a block is only at its start.
    private sealed class PieceEncoder : Encoder
    {
        private byte[]? _octets;
        private int _written;

        public override int GetByteCount(char[] chars, int index, int count, bool flush) => Instance.GetByteCount(chars, index, count);

        public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex, bool flush) =>
            Instance.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

        public override void Convert(
            ReadOnlySpan<char> chars,
            Span<byte> bytes,
            bool flush,
            out int charsUsed,
            out int bytesUsed,
            out bool completed
        )
        {
            if (_octets is null)
            {
                _octets = new byte[Instance.GetByteCount(chars)];
                Instance.GetBytes(chars, _octets);
            }

            bytesUsed = Math.Min(bytes.Length, _octets.Length - _written);
            _octets.AsSpan(_written, bytesUsed).CopyTo(bytes);
            _written += bytesUsed;
            completed = _written == _octets.Length;
            charsUsed = completed ? chars.Length : 0;
        }
    }
}
