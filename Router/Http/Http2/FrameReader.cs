namespace Router.Http.Http2;

/// <summary>Finds the frame headers in one direction of a connection, in pieces of any size. Payloads are skipped, not copied.</summary>
/// <param name="preface">The number of bytes before the first frame.</param>
public sealed class FrameReader(int preface = 0)
{
    private readonly byte[] _header = new byte[FrameHeader.Size];
    private int _received;
    private int _skip = preface;

    /// <summary>Whether the bytes so far end with a whole frame.</summary>
    public bool IsBetweenFrames => _received == 0 && _skip == 0;

    /// <summary>Reads up to and including the next frame header. False if the bytes end before that.</summary>
    /// <param name="bytes">The next piece; what has been read is removed from it.</param>
    /// <param name="frame">The frame header.</param>
    public bool TryRead(ref ReadOnlySpan<byte> bytes, out FrameHeader frame)
    {
        var skipped = Math.Min(_skip, bytes.Length);
        _skip -= skipped;
        bytes = bytes[skipped..];
        var count = Math.Min(FrameHeader.Size - _received, bytes.Length);
        bytes[..count].CopyTo(_header.AsSpan(_received));
        bytes = bytes[count..];
        _received += count;
        if (_received < FrameHeader.Size)
        {
            frame = default;
            return false;
        }

        frame = FrameHeader.Read(_header);
        (_received, _skip) = (0, frame.Length);
        return true;
    }
}
