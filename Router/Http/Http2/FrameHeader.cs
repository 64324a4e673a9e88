using System.Buffers.Binary;

namespace Router.Http.Http2;

/// <summary>The header of an HTTP/2 frame (RFC 9113 section 4.1).</summary>
/// <param name="Length">The length of the payload that follows.</param>
/// <param name="Type">The frame type.</param>
/// <param name="Flags">The flags; their meaning depends on the type.</param>
/// <param name="Stream">The stream identifier; 0 is the connection.</param>
public readonly record struct FrameHeader(int Length, FrameType Type, byte Flags, int Stream)
{
    /// <summary>The length of a frame header.</summary>
    public const int Size = 9;

    /// <summary>Whether the sender's half of the stream ends with this frame.</summary>
    public bool EndsStream => Type is FrameType.Data or FrameType.Headers && (Flags & 0x1) != 0;

    /// <summary>Whether only a CONTINUATION frame may follow (RFC 9113 section 6.10).</summary>
    public bool IsContinued => Type is FrameType.Headers or FrameType.Continuation && (Flags & 0x4) == 0;

    public static FrameHeader Read(ReadOnlySpan<byte> bytes) =>
        new(
            (int)(BinaryPrimitives.ReadUInt32BigEndian(bytes) >> 8),
            (FrameType)bytes[3],
            bytes[4],
            BinaryPrimitives.ReadInt32BigEndian(bytes[5..]) & int.MaxValue
        );

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32BigEndian(bytes, ((uint)Length << 8) | (byte)Type);
        bytes[4] = Flags;
        BinaryPrimitives.WriteInt32BigEndian(bytes[5..], Stream);
    }
}
