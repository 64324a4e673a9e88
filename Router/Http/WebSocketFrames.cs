using System.Buffers.Binary;

namespace Router.Http;

/// <summary>Tracks WebSocket frames (RFC 6455 section 5.2) as their bytes pass in pieces of any size.</summary>
public struct WebSocketFrames
{
    private const int MaxHeader = 14;
    private const byte CloseOpcode = 8;
    private HeaderBytes _header;
    private int _headerLength;
    private ulong _payloadLeft;

    /// <summary>Whether the bytes so far end at a frame boundary.</summary>
    public readonly bool IsBetween => _headerLength == 0 && _payloadLeft == 0;

    /// <summary>Whether a close frame has passed (RFC 6455 section 5.5.1).</summary>
    public bool HasClosed { get; private set; }

    /// <summary>Processes bytes that have passed.</summary>
    public void Pass(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_payloadLeft > 0)
            {
                var passed = (int)Math.Min(_payloadLeft, (ulong)bytes.Length);
                _payloadLeft -= (ulong)passed;
                bytes = bytes[passed..];
                continue;
            }

            _header[_headerLength++] = bytes[0];
            bytes = bytes[1..];
            if (_headerLength >= 2 && _headerLength == LengthOfHeader())
            {
                _payloadLeft = LengthOfPayload();
                HasClosed |= (_header[0] & 0x0F) == CloseOpcode;
                _headerLength = 0;
            }
        }
    }

    /// <summary>Builds a close frame with a status code.</summary>
    /// <param name="code">The code (RFC 6455 section 7.4).</param>
    /// <param name="masked">Whether it is for a server. The mask is zero, which leaves the payload unchanged: the code is neither a secret
    /// nor an attack.</param>
    public static byte[] Close(ushort code, bool masked)
    {
        byte[] frame = masked ? [0x88, 0x82, 0, 0, 0, 0, 0, 0] : [0x88, 0x02, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(frame.Length - 2), code);
        return frame;
    }

    private readonly int LengthOfHeader() =>
        2
        + (
            (_header[1] & 0x7F) switch
            {
                126 => 2,
                127 => 8,
                _ => 0,
            }
        )
        + ((_header[1] & 0x80) != 0 ? 4 : 0);

    private readonly ulong LengthOfPayload()
    {
        ReadOnlySpan<byte> header = _header;
        return (header[1] & 0x7F) switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(header[2..]),
            127 => BinaryPrimitives.ReadUInt64BigEndian(header[2..]),
            var length => (ulong)length,
        };
    }

    [System.Runtime.CompilerServices.InlineArray(MaxHeader)]
    private struct HeaderBytes
    {
        private byte _first;
    }
}
