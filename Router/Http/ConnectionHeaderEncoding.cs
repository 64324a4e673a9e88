using System.Text;

namespace Router.Http;

/// <summary>
/// Decodes the request's <c>Connection</c> header so that all of its options survive. If Kestrel finds exactly one of the options that it
/// knows (<c>keep-alive</c>, <c>close</c>, <c>upgrade</c>), it replaces the whole header with that option, and Router no longer knows which
/// other headers are hop-by-hop (RFC 9110 section 7.6.1). Therefore <c>keep-alive</c> is removed from a list, which changes nothing because
/// it is the default in HTTP/1.1, and is added next to <c>close</c> or <c>upgrade</c>, where it has no effect.
/// </summary>
public sealed class ConnectionHeaderEncoding : Encoding
{
    private const string KeepAlive = "keep-alive";

    /// <summary>The shared instance; it has no state.</summary>
    public static ConnectionHeaderEncoding Instance { get; } = new();

    public override int GetCharCount(byte[] bytes, int index, int count) => Read(bytes, index, count).Length;

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
    {
        var text = Read(bytes, byteIndex, byteCount);
        text.CopyTo(0, chars, charIndex, text.Length);
        return text.Length;
    }

    public override int GetMaxCharCount(int byteCount) => byteCount + KeepAlive.Length + 1;

    public override int GetByteCount(char[] chars, int index, int count) => Latin1.GetByteCount(chars, index, count);

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    public override int GetMaxByteCount(int charCount) => Latin1.GetMaxByteCount(charCount);

    private static string Read(byte[] bytes, int index, int count)
    {
        var text = Latin1.GetString(bytes, index, count);
        if (!text.Contains(','))
            return text;
        var options = text.Split(',', StringSplitOptions.TrimEntries).Where(option => !Is(option, KeepAlive)).ToList();
        if (options.Exists(option => Is(option, "close") || Is(option, "upgrade")))
            options.Add(KeepAlive);
        return string.Join(',', options);
    }

    private static bool Is(string option, string other) => option.Equals(other, StringComparison.OrdinalIgnoreCase);
}
