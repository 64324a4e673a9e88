using System.Net.Sockets;
using Router.Http.Http2;

namespace Router.Tests.Forwarding;

/// <summary>What the framework's handler gets to read when a backend's HTTP/2 connection ends.</summary>
public sealed class Http2ConnectionStreamTests : IDisposable
{
    private static readonly byte[] Settings = Http2Frames.Frame(4, 0, 0, []);

    private readonly ScriptedStream _backend = new();
    private readonly Http2ConnectionStream _connection;

    public Http2ConnectionStreamTests() => _connection = new Http2ConnectionStream(_backend);

    public void Dispose() => _connection.Dispose();

    [Fact]
    public async Task A_connection_ends_with_the_last_stream_that_was_sent_and_a_reset_of_each_that_is_open()
    {
        await SendAsync([
            .. Http2Frames.Preface,
            .. Request(1, isWhole: true),
            .. Request(3, isWhole: true),
            .. Request(5, isWhole: false),
            .. Request(7, isWhole: false),
            .. Http2Frames.Data(7, true, "body"),
            .. Request(9, isWhole: true),
            .. Request(11, isWhole: true),
            .. Request(13, isWhole: false),
            .. Http2Frames.Reset(11),
        ]);
        byte[] sent =
        [
            .. Settings,
            .. Http2Frames.Frame(1, 4 | 1, 1, [0x88]),
            .. Http2Frames.Frame(1, 4, 3, [0x88]),
            .. Http2Frames.Data(3, false, "a part"),
            .. Http2Frames.Frame(1, 4 | 1, 5, [0x88]),
            .. Http2Frames.Frame(1, 4, 7, [0x88]),
            .. Http2Frames.Data(7, true, "ok"),
            .. Http2Frames.Reset(9),
        ];
        await _backend.ReceiveAsync(sent);
        _backend.End();

        (await ReadAsync(sent.Length)).Should().Equal(sent);
        // Of stream 3 the rest of the response is missing, of 5 the rest of the request, of 13 both.
        (await ReadAsync(17 + (3 * 13)))
            .Should()
            .Equal([.. GoAway(13), .. NoError(3), .. NoError(5), .. NoError(13)]);
        (await IsWaitingAsync()).Should().BeTrue();
    }

    [Fact]
    public async Task Frames_before_a_GOAWAY_frame_are_passed_on_unchanged()
    {
        await SendAsync([.. Http2Frames.Preface, .. Request(1, isWhole: true), .. Request(3, isWhole: true)]);
        byte[] sent = [.. Settings, .. GoAway(int.MaxValue), .. GoAway(1)];
        await _backend.ReceiveAsync(sent);
        _backend.End();

        (await ReadAsync(sent.Length)).Should().Equal(sent);
        (await ReadAsync(17 + (2 * 13))).Should().Equal([.. GoAway(3), .. NoError(1), .. NoError(3)]);
    }

    [Fact]
    public async Task A_reset_connection_ends_in_the_same_way()
    {
        await SendAsync([.. Http2Frames.Preface, .. Request(1, isWhole: true)]);
        await _backend.ReceiveAsync(Settings);
        (await ReadAsync(Settings.Length)).Should().Equal(Settings);

        _backend.End(ScriptedStream.Broken(SocketError.ConnectionReset));

        (await ReadAsync(17 + 13)).Should().Equal([.. GoAway(1), .. NoError(1)]);
    }

    [Fact]
    public async Task A_connection_that_ends_between_frames_differs_from_one_that_ends_within_one()
    {
        byte[] frames =
        [
            .. Settings,
            .. Http2Frames.Frame(1, 0, 1, [0x88]),
            .. Http2Frames.Frame(9, 4, 1, []),
            .. Http2Frames.Frame(0, 8, 1, [1, (byte)'a', 0]),
        ];
        // After SETTINGS, after the CONTINUATION frame that ends the header section, and after the padded DATA frame.
        int[] between = [9, 9 + 10 + 9, frames.Length];
        for (var length = 0; length <= frames.Length; length++)
        {
            var backend = new ScriptedStream();
            await using var connection = new Http2ConnectionStream(backend);
            await backend.ReceiveAsync(frames[..length]);
            backend.End();
            await connection.ReadExactlyAsync(new byte[length]);

            var end = await connection.ReadAsync(new byte[100]);

            end.Should().Be(between.Contains(length) ? 17 : 0, "the connection ended after {0} bytes", length);
        }
    }

    [Fact]
    public async Task Nothing_is_sent_after_the_end_of_the_connection_was_read()
    {
        await SendAsync([.. Http2Frames.Preface, .. Request(1, isWhole: true)]);
        await _backend.ReceiveAsync(Settings);
        _backend.End();
        await ReadAsync(Settings.Length + 17 + 13);
        var sent = _backend.Sent;

        await SendAsync(Request(3, isWhole: true));

        _backend.Sent.Should().Equal(sent);
    }

    [Fact]
    public async Task What_the_backend_sent_before_it_closed_the_connection_is_read_although_a_write_failed()
    {
        await _backend.ReceiveAsync(Settings);
        await ReadAsync(Settings.Length);
        await SendAsync([.. Http2Frames.Preface, .. Request(1, isWhole: true)]);
        _backend.Gate = Task.FromException(ScriptedStream.Broken(SocketError.Shutdown));
        await SendAsync(Request(3, isWhole: true));
        _backend.Gate = Task.CompletedTask;
        await SendAsync(Request(5, isWhole: true));

        byte[] response = [.. Http2Frames.Frame(1, 4 | 1, 1, [0x88]), .. GoAway(1)];
        await _backend.ReceiveAsync(response);
        _backend.End();

        (await ReadAsync(response.Length)).Should().Equal(response);
        (await ReadAsync(17 + 13)).Should().Equal([.. GoAway(3), .. NoError(3)]);
    }

    [Fact]
    public async Task A_write_that_fails_for_another_reason_or_before_the_first_frame_fails()
    {
        _backend.Gate = Task.FromException(ScriptedStream.Broken(SocketError.Shutdown));
        await SendAsync(Http2Frames.Preface).Awaiting(write => write).Should().ThrowAsync<IOException>();

        await _backend.ReceiveAsync(Settings);
        await ReadAsync(Settings.Length);
        _backend.Gate = Task.FromException(ScriptedStream.Broken(SocketError.NoBufferSpaceAvailable));
        await SendAsync(Http2Frames.Preface).Awaiting(write => write).Should().ThrowAsync<IOException>();
    }

    [Fact]
    public async Task A_connection_that_is_disposed_ends()
    {
        await _backend.ReceiveAsync(Settings);
        _backend.End();
        await ReadAsync(Settings.Length + 17);
        var reading = _connection.ReadAsync(new byte[1]);

        await _connection.DisposeAsync();

        (await reading.InTime()).Should().Be(0);
        await _backend.Disposed.InTime();
    }

    private static byte[] Request(int stream, bool isWhole) => Http2Frames.Headers(stream, isWhole, (":method", "GET"));

    private static byte[] GoAway(int last) =>
        Http2Frames.Frame(7, 0, 0, [(byte)(last >> 24), (byte)(last >> 16), (byte)(last >> 8), (byte)last, 0, 0, 0, 0]);

    private static byte[] NoError(int stream) => Http2Frames.Frame(3, 0, stream, new byte[4]);

    private Task SendAsync(byte[] bytes) => _connection.WriteAsync(bytes).AsTask();

    private async Task<byte[]> ReadAsync(int count)
    {
        var bytes = new byte[count];
        await _connection.ReadExactlyAsync(bytes).InTime();
        return bytes;
    }

    // An end that is waited for, and not one that has come, comes with the connection's disposal only.
    private async Task<bool> IsWaitingAsync()
    {
        var reading = _connection.ReadAsync(new byte[1]).AsTask();
        var isWaiting = !reading.IsCompleted;
        await _connection.DisposeAsync();
        await reading.InTime();
        return isWaiting;
    }
}
