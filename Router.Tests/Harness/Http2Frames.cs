using System.Buffers.Binary;
using System.Text;

namespace Router.Tests.Harness;

/// <summary>
/// Writes HTTP/2 frames (RFC 9113 section 4) with headers as literals without indexing (RFC 7541 section 6.2.2): what no client library
/// sends.
/// </summary>
internal static class Http2Frames
{
    /// <summary>The connection preface and empty settings.</summary>
    public static byte[] Preface { get; } = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(4, 0, 0, [])];

    public static byte[] Headers(int stream, bool endsStream, params (string Name, string Value)[] headers) =>
        Frame(1, (byte)(4 | (endsStream ? 1 : 0)), stream, [.. headers.SelectMany(header => Literal(header.Name, header.Value))]);

    /// <summary>
    /// A header of any length, in a HEADERS frame and as many CONTINUATION frames as it needs (RFC 9113 section 6.10). It ends the stream.
    /// </summary>
    public static IEnumerable<byte[]> LongHeaders(int stream, params (string Name, string Value)[] headers)
    {
        const int max = 16 << 10;
        var pieces = headers.SelectMany(header => Literal(header.Name, header.Value)).Chunk(max).ToArray();
        for (var i = 0; i < pieces.Length; i++)
            yield return Frame((byte)(i == 0 ? 1 : 9), (byte)((i == 0 ? 1 : 0) | (i == pieces.Length - 1 ? 4 : 0)), stream, pieces[i]);
    }

    public static byte[] Data(int stream, bool endsStream, string text) =>
        Frame(0, (byte)(endsStream ? 1 : 0), stream, Encoding.Latin1.GetBytes(text));

    /// <summary>Ends one stream (RFC 9113 section 6.4), with CANCEL.</summary>
    public static byte[] Reset(int stream) => Frame(3, 0, stream, [0, 0, 0, 8]);

    /// <summary>Any frame.</summary>
    public static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        frame[0] = (byte)(payload.Length >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), (ushort)payload.Length);
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    private static IEnumerable<byte> Literal(string name, string value) => [0, .. Text(name), .. Text(value)];

    // Lengths below 127 fit in one byte (RFC 7541 section 5.1), the others in a few more.
    private static IEnumerable<byte> Text(string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        if (bytes.Length < 127)
            return [(byte)bytes.Length, .. bytes];
        var length = new List<byte> { 127 };
        var rest = bytes.Length - 127;
        for (; rest >= 128; rest >>= 7)
            length.Add((byte)((rest & 127) | 128));
        return [.. length, (byte)rest, .. bytes];
    }
}
