using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Router.Http.Http2;

/// <summary>The streams of a connection on which something is still to be sent or received.</summary>
public sealed class OpenStreams
{
    // GOAWAY: the last stream and an error code (RFC 9113 section 6.8). RST_STREAM: an error code (section 6.4). The code 0 is NO_ERROR.
    private const int GoAwayLength = 8;
    private const int RstStreamLength = 4;

    // For each stream, whether one of its two halves has ended.
    private readonly Dictionary<int, bool> _open = [];
    private int _last;

    /// <summary>Notes a frame that is about to be sent.</summary>
    public void Sent(in FrameHeader frame)
    {
        if (frame.Type == FrameType.Headers && frame.Stream > _last)
        {
            _last = frame.Stream;
            _open.Add(frame.Stream, false);
        }

        Note(frame);
    }

    /// <summary>Notes a frame that has been received.</summary>
    public void Received(in FrameHeader frame) => Note(frame);

    /// <summary>
    /// The frames that state what the end of the connection means: the streams that have been sent, which are reset if anything is missing
    /// from them, and all others, which are unprocessed.
    /// </summary>
    public byte[] End()
    {
        var frames = new byte[FrameHeader.Size + GoAwayLength + _open.Count * (FrameHeader.Size + RstStreamLength)];
        var rest = frames.AsSpan();
        new FrameHeader(GoAwayLength, FrameType.GoAway, 0, 0).Write(rest);
        BinaryPrimitives.WriteInt32BigEndian(rest[FrameHeader.Size..], _last);
        rest = rest[(FrameHeader.Size + GoAwayLength)..];
        foreach (var stream in _open.Keys)
        {
            new FrameHeader(RstStreamLength, FrameType.RstStream, 0, stream).Write(rest);
            rest = rest[(FrameHeader.Size + RstStreamLength)..];
        }

        return frames;
    }

    private void Note(in FrameHeader frame)
    {
        if (frame.Type == FrameType.RstStream)
        {
            _open.Remove(frame.Stream);
            return;
        }

        if (!frame.EndsStream)
            return;
        ref var isHalfClosed = ref CollectionsMarshal.GetValueRefOrNullRef(_open, frame.Stream);
        if (Unsafe.IsNullRef(ref isHalfClosed))
            return;
        if (isHalfClosed)
            _open.Remove(frame.Stream);
        else
            isHalfClosed = true;
    }
}
