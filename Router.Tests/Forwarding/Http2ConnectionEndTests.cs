using System.Net;
using System.Net.Sockets;
using Router.Http;
using Router.Http.Http2;

namespace Router.Tests.Forwarding;

/// <summary>What the end of a backend's HTTP/2 connection means for the requests on it.</summary>
public sealed class Http2ConnectionEndTests : IAsyncDisposable
{
    private static readonly Uri Address = new("http://backend.example:80");

    private readonly ScriptedStream _backend = new();
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly Http2Transport _transport;

    public Http2ConnectionEndTests()
    {
        var connections = 0;
        var pool = new Http2Pool(_ =>
        {
            // Further connections are taken and never responded.
            var stream = Interlocked.Increment(ref connections) == 1 ? _backend : new ScriptedStream();
            return ValueTask.FromResult(new BackendConnection(stream, _socket, IPAddress.Loopback));
        });
        _transport = new Http2Transport(Address, pool, new RequestCount());
    }

    public ValueTask DisposeAsync()
    {
        _transport.Dispose();
        _socket.Dispose();
        return _backend.DisposeAsync();
    }

    [Theory]
    [InlineData(null)]
    [InlineData(SocketError.ConnectionReset)]
    public async Task A_request_that_had_yet_to_be_sent_is_unprocessed_and_one_that_was_sent_is_not(SocketError? error)
    {
        var gate = new TaskCompletionSource();
        await BeginAsync();
        _backend.Gate = gate.Task;
        var sent = _backend.Sending;
        // The connection takes no more: the first is on its way, the second waits behind it.
        var first = _transport.SendAsync(Post());
        await Eventually.Async(() => _backend.Sending > sent);
        var second = _transport.SendAsync(Post());

        _backend.End(error is { } code ? ScriptedStream.Broken(code) : null);
        var failed = await first.InTime().Awaiting(task => task).Should().ThrowAsync<BackendException>();
        gate.SetResult();
        var refused = await second.InTime().Awaiting(task => task).Should().ThrowAsync<BackendException>();

        failed.Which.NotBegun.Should().BeFalse();
        failed.Which.DiedIdle.Should().BeTrue();
        refused.Which.NotBegun.Should().BeTrue();
        refused.Which.IsRefused.Should().BeTrue();
        await _backend.Disposed.InTime();
    }

    [Fact]
    public async Task A_response_that_is_complete_is_kept_although_its_request_is_not()
    {
        await BeginAsync();
        var body = new EndlessBody();
        var sending = _transport.SendAsync(Post(body));
        await body.Started.InTime();
        await Eventually.Async(() => Contains(_backend.Sent, stream: 3));
        await _backend.ReceiveAsync([.. Http2Frames.Frame(1, 4, 3, [0x88]), .. Http2Frames.Data(3, true, "no, thanks")]);
        using var response = await sending.InTime();

        _backend.End();
        await body.Ended.InTime();

        (await response.Content.ReadAsStringAsync()).Should().Be("no, thanks");
        await _backend.Disposed.InTime();
    }

    [Fact]
    public async Task A_response_of_which_a_part_is_missing_is_broken()
    {
        await BeginAsync();
        var sending = _transport.SendAsync(Post());
        await Eventually.Async(() => Contains(_backend.Sent, stream: 3));
        await _backend.ReceiveAsync([.. Http2Frames.Frame(1, 4, 3, [0x88]), .. Http2Frames.Data(3, false, "a part")]);
        using var response = await sending.InTime();

        _backend.End();

        await response.Content.Awaiting(content => content.ReadAsStringAsync().InTime()).Should().ThrowAsync<HttpRequestException>();
    }

    [Fact]
    public async Task An_idle_connection_that_ends_is_closed()
    {
        await BeginAsync();

        _backend.End();

        await _backend.Disposed.InTime();
    }

    private static BackendRequest Post(HttpContent? content = null)
    {
        var request = new BackendRequest(HttpMethod.Post, "/") { Content = content };
        request.HeaderList.Add("X-Test", "1");
        return request;
    }

    private static bool Contains(byte[] sent, int stream) =>
        Contains(sent, frame => frame.Type == FrameType.Headers && frame.Stream == stream);

    private static bool Contains(byte[] sent, Func<FrameHeader, bool> isIt)
    {
        var reader = new FrameReader(preface: 24);
        var rest = (ReadOnlySpan<byte>)sent;
        while (reader.TryRead(ref rest, out var frame))
        {
            if (isIt(frame))
                return true;
        }

        return false;
    }

    // Brings the connection up with a first request, which is served.
    private async Task BeginAsync()
    {
        var first = _transport.SendAsync(Post());
        await Eventually.Async(() => Contains(_backend.Sent, stream: 1));
        await _backend.ReceiveAsync([.. Http2Frames.Frame(4, 0, 0, []), .. Http2Frames.Frame(1, 4 | 1, 1, [0x88])]);
        using var response = await first.InTime();
        // The acknowledgement of the settings (RFC 9113 section 6.5): it must not be what a gate holds up.
        await Eventually.Async(() => Contains(_backend.Sent, frame => (int)frame.Type == 0x4 && frame.Flags == 0x1));
    }

    /// <summary>A body of which something is sent, and which then says nothing more.</summary>
    private sealed class EndlessBody : HttpContent
    {
        private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Started => _started.Task;

        public Task Ended => _ended.Task;

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => throw new NotSupportedException();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            try
            {
                await stream.WriteAsync("a part"u8.ToArray(), cancellationToken);
                await stream.FlushAsync(cancellationToken);
                _started.SetResult();
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            finally
            {
                _ended.SetResult();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
