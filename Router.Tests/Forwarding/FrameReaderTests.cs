using Router.Http.Http2;

namespace Router.Tests.Forwarding;

public sealed class FrameReaderTests
{
    private static readonly byte[] Connection =
    [
        .. Http2Frames.Preface,
        .. Http2Frames.Headers(1, false, (":method", "GET"), ("a", new string('x', 300))),
        .. Http2Frames.Data(1, true, "hello"),
        .. Http2Frames.Frame(7, 0, 0, [0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
        // RFC 9113 section 4.1: the first bit of the stream identifier is reserved and must be ignored.
        .. Http2Frames.Frame(1, 0, unchecked((int)0x80000003), [0x82]),
        .. Http2Frames.Frame(9, 4, 3, [0x84]),
        .. Http2Frames.Frame(0, 8 | 1, 3, [2, (byte)'x', 0, 0]),
        .. Http2Frames.Frame(0xfe, 0xff, int.MaxValue, new byte[70_000]),
        .. Http2Frames.Reset(3),
    ];

    private static readonly FrameHeader[] Frames =
    [
        new(0, (FrameType)4, 0, 0),
        new(319, FrameType.Headers, 4, 1),
        new(5, FrameType.Data, 1, 1),
        new(8, FrameType.GoAway, 0, 0),
        new(1, FrameType.Headers, 0, 3),
        new(1, FrameType.Continuation, 4, 3),
        new(4, FrameType.Data, 9, 3),
        new(70_000, (FrameType)0xfe, 0xff, int.MaxValue),
        new(4, FrameType.RstStream, 0, 3),
    ];

    [Fact]
    public void The_frames_of_a_connection_are_found_wherever_it_is_divided()
    {
        for (var at = 0; at <= Connection.Length; at++)
        {
            var reader = new FrameReader(preface: 24);
            var found = new List<FrameHeader>();

            Read(reader, Connection.AsSpan(0, at), found);
            Read(reader, Connection.AsSpan(at), found);

            if (!found.SequenceEqual(Frames))
                found.Should().Equal(Frames, "it was divided at {0}", at);
        }
    }

    [Fact]
    public void The_frames_of_a_connection_are_found_byte_by_byte()
    {
        var reader = new FrameReader(preface: 24);
        var found = new List<FrameHeader>();

        for (var at = 0; at < Connection.Length; at++)
            Read(reader, Connection.AsSpan(at, 1), found);

        found.Should().Equal(Frames);
    }

    [Fact]
    public void A_connection_is_between_frames_only_where_one_is_complete()
    {
        var reader = new FrameReader();
        byte[] bytes = [.. Http2Frames.Data(1, true, "ab"), .. Http2Frames.Frame(4, 1, 0, [])];

        var between = bytes.Select(one =>
        {
            Read(reader, [one], []);
            return reader.IsBetweenFrames;
        });

        between.Select((isBetween, at) => isBetween ? at + 1 : 0).Where(length => length > 0).Should().Equal(11, 20);
    }

    [Fact]
    public void A_frame_header_is_written_as_it_is_read()
    {
        foreach (var frame in Frames)
        {
            var bytes = new byte[FrameHeader.Size];
            frame.Write(bytes);
            FrameHeader.Read(bytes).Should().Be(frame);
        }
    }

    private static void Read(FrameReader reader, ReadOnlySpan<byte> bytes, List<FrameHeader> found)
    {
        while (reader.TryRead(ref bytes, out var frame))
            found.Add(frame);
    }
}
