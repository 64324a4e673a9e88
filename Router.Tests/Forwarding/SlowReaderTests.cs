namespace Router.Tests.Forwarding;

/// <summary>Clients that do not take their response over HTTP/2: each costs its own stream only.</summary>
public sealed class SlowReaderTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_client_that_does_not_take_a_response_loses_its_stream_and_no_other()
    {
        var clock = new ManualClock();
        await using var backend = RawBackend.Start();
        await using var router = await ListeningRouter.StartAsync(Site(backend), "Http2", time: clock);
        using var client = await router.ConnectAsync();
        // The window of the connection has room for everything, the window of the stream for 65,535 bytes.
        byte[] request = [.. Http2Frames.Preface, .. WindowUpdate(0, 1 << 20), .. Get(1)];
        await client.WriteAsync(request);
        using (var slow = await backend.AcceptAsync())
        {
            await slow.ReadHeadAsync();
            await slow.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n{new string('x', 100_000)}");
            var response = new Http2Client(client);
            (await response.ReadUntilAsync(one => one.Body.Length == 65_535)).Should().BeTrue();

            var end = response.ReadUntilAsync(one => one.IsComplete);
            await Eventually.Async(() =>
            {
                clock.Advance(Second);
                return end.IsCompleted;
            });

            (await end).Should().BeFalse("the stream is reset");
            (await router.AccessLog.NextAsync()).Number("status").Should().Be("499");
        }

        await client.WriteAsync(Get(3));
        using var next = await backend.AcceptAsync();
        await next.ReadHeadAsync();
        await next.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        var served = new Http2Client(client, stream: 3);
        (await served.ReadUntilAsync(one => one.IsComplete)).Should().BeTrue();
        served.Body.Should().Be("ok");
    }

    [Fact]
    public async Task A_WebSocket_over_HTTP2_may_be_silent_for_as_long_as_it_likes()
    {
        var clock = new ManualClock();
        await using var backend = RawBackend.Start();
        await using var router = await ListeningRouter.StartAsync(Site(backend), "Http2", time: clock);
        using var client = await router.ConnectAsync();
        var connect = Http2Frames.Headers(
            1,
            false,
            (":method", "CONNECT"),
            (":protocol", "websocket"),
            (":scheme", "http"),
            (":authority", "www.example.org"),
            (":path", "/"),
            ("sec-websocket-version", "13")
        );
        byte[] request = [.. Http2Frames.Preface, .. connect];
        await client.WriteAsync(request);
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        await connection.WriteAsync(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Accept: x\r\n\r\n\u0081\u0005hello"
        );
        var response = new Http2Client(client);
        (await response.ReadUntilAsync(one => one.Body.Length == 7)).Should().BeTrue();

        // Longer than every limit of the site.
        for (var minutes = 0; minutes < 60; minutes++)
            clock.Advance(TimeSpan.FromMinutes(1));

        await client.WriteAsync(Http2Frames.Data(1, false, "\u0081\u0085\0\0\0\0world"));
        await connection.ReadThroughAsync("world");
        await connection.WriteAsync("\u0081\u0005again");
        (await response.ReadUntilAsync(one => one.Body.EndsWith("again", StringComparison.Ordinal))).Should().BeTrue();
    }

    private static SiteFile Site(RawBackend backend) =>
        SiteFile
            .Of("*", backend)
            .Set("Backends:www:ResponseTimeout", "30s")
            .Set("Backends:www:IdleTimeout", "30s")
            .Set("Backends:www:RequestTimeout", "off");

    private static byte[] Get(int stream) =>
        Http2Frames.Headers(stream, true, (":method", "GET"), (":scheme", "http"), (":authority", "www.example.org"), (":path", "/"));

    private static byte[] WindowUpdate(int stream, int size) =>
        Http2Frames.Frame(8, 0, stream, [(byte)(size >> 24), (byte)(size >> 16), (byte)(size >> 8), (byte)size]);
}
