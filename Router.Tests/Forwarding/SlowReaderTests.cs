using System.Text;

namespace Router.Tests.Forwarding;

/// <summary>Clients that do not read their response over HTTP/2: each costs its own stream only.</summary>
public sealed class SlowReaderTests
{
    private const string SwitchingProtocols =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n";

    private static readonly TimeSpan Step = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_client_that_does_not_read_a_response_loses_its_stream_and_no_other()
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

            (await EndsByClockAsync(response, clock)).Should().BeFalse("the stream is reset");
            (await router.AccessLog.NextAsync()).Number("status").Should().Be("499");
        }

        await client.WriteAsync(Get(3));
        using var next = await backend.AcceptAsync();
        await next.ReadHeadAsync();
        await next.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await ShouldBeServedAsync(client, stream: 3);
    }

    [Fact]
    public async Task A_client_that_does_not_read_a_page_of_Routers_own_loses_its_stream_and_no_other()
    {
        var clock = new ManualClock();
        await using var backend = WireMockBackend.RespondingText("ok");
        var site = Site(backend.Address, "www.*").Set("Pages:ServiceName", new string('x', 8_000));
        await using var router = await ListeningRouter.StartAsync(site, "Http2", time: clock);
        using var client = await router.ConnectAsync();
        byte[] request = [.. Preface(window: 10), .. Get(1, "unknown.example.net")];
        await client.WriteAsync(request);
        var response = new Http2Client(client);
        (await response.ReadUntilAsync(one => one.Body.Length == 10)).Should().BeTrue();
        response.Status.Should().Be(404);

        (await EndsByClockAsync(response, clock)).Should().BeFalse("the stream is reset");

        await ShouldServeAsync(client, stream: 3);
    }

    [Fact]
    public async Task A_client_that_does_not_read_a_WebSocket_loses_its_stream_and_no_other()
    {
        var clock = new ManualClock();
        await using var backend = RawBackend.Start();
        await using var router = await ListeningRouter.StartAsync(Site(backend), "Http2", time: clock);
        using var client = await router.ConnectAsync();
        byte[] request = [.. Http2Frames.Preface, .. WindowUpdate(0, 1 << 20), .. Connect(1)];
        await client.WriteAsync(request);
        using (var connection = await backend.AcceptAsync())
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync(SwitchingProtocols);
            var response = new Http2Client(client);
            (await response.ReadUntilAsync(one => one.HasBegun)).Should().BeTrue();
            clock.Advance(TimeSpan.FromHours(1));
            // A binary frame of 100,000 bytes, of which 65,535 fit into the stream's window.
            await connection.WriteAsync("\u0082\u007f\0\0\0\0\0\u0001\u0086\u00a0" + new string('x', 100_000));
            (await response.ReadUntilAsync(one => one.Body.Length == 65_535)).Should().BeTrue();

            (await EndsByClockAsync(response, clock)).Should().BeFalse("the stream is reset");
        }

        await client.WriteAsync(Get(3));
        using var next = await backend.AcceptAsync();
        await next.ReadHeadAsync();
        await next.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await ShouldBeServedAsync(client, stream: 3);
    }

    // By the server's own clock. It sends a PING frame every two or three seconds, and would end the connection after seven: with the
    // fourth, at least eight have passed.
    [Theory]
    [InlineData("unknown.example.net", 404)]
    [InlineData("www.example.org", 200)]
    public async Task A_client_that_acknowledges_PING_keeps_its_connection_although_it_does_not_read_a_short_response(
        string host,
        int status
    )
    {
        // A raw one: WireMock.Net gives no length, without which Router does not take a short body as a whole.
        await using var backend = RawBackend.RespondingText("a short response");
        await using var router = await ListeningRouter.StartAsync(
            Site(backend.Address, "www.*").Set("Limits:ResponseGrace", "2s"),
            "Http2"
        );
        using var client = await router.ConnectAsync();
        byte[] request = [.. Preface(window: 10), .. Get(1, host)];
        await client.WriteAsync(request);
        var response = new Http2Client(client);
        (await response.ReadUntilAsync(one => one.Body.Length == 10)).Should().BeTrue();
        response.Status.Should().Be(status);

        for (var pings = 0; pings < 4; )
        {
            var head = await client.ReadExactlyAsync(9);
            var payload = await client.ReadExactlyAsync(head[2]);
            if (head[3] != 6)
                continue;
            await client.WriteAsync(Http2Frames.Frame(6, 1, 0, Encoding.Latin1.GetBytes(payload)));
            pings++;
        }

        await client.WriteAsync(WindowUpdate(1, 1 << 20));
        (await response.ReadUntilAsync(one => one.IsComplete)).Should().BeTrue();
    }

    [Fact]
    public async Task A_WebSocket_over_HTTP2_may_be_silent_for_as_long_as_it_likes()
    {
        var clock = new ManualClock();
        await using var backend = RawBackend.Start();
        await using var router = await ListeningRouter.StartAsync(Site(backend), "Http2", time: clock);
        using var client = await router.ConnectAsync();
        byte[] request = [.. Http2Frames.Preface, .. Connect(1)];
        await client.WriteAsync(request);
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        await connection.WriteAsync(SwitchingProtocols + "\u0081\u0005hello");
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

    private static SiteFile Site(RawBackend backend) => Site(backend.Address, "*");

    private static SiteFile Site(string backend, string hosts) =>
        SiteFile
            .Of(hosts, backend)
            .Set("Backends:www:ResponseTimeout", "30s")
            .Set("Backends:www:IdleTimeout", "30s")
            .Set("Backends:www:RequestTimeout", "off");

    // RFC 9113 section 6.5.2: SETTINGS_INITIAL_WINDOW_SIZE.
    private static byte[] Preface(byte window) => [.. Http2Frames.Preface, .. Http2Frames.Frame(4, 0, 0, [0, 4, 0, 0, 0, window])];

    private static byte[] Get(int stream, string host = "www.example.org") =>
        Http2Frames.Headers(
            stream,
            true,
            (":method", "GET"),
            (":scheme", "http"),
            (":authority", host),
            (":path", "/"),
            ("accept", "text/html")
        );

    private static byte[] Connect(int stream) =>
        Http2Frames.Headers(
            stream,
            false,
            (":method", "CONNECT"),
            (":protocol", "websocket"),
            (":scheme", "http"),
            (":authority", "www.example.org"),
            (":path", "/"),
            ("sec-websocket-version", "13")
        );

    private static async Task<bool> EndsByClockAsync(Http2Client response, ManualClock clock)
    {
        var end = response.ReadUntilAsync(one => one.IsComplete);
        await Eventually.Async(() =>
        {
            clock.Advance(Step);
            return end.IsCompleted;
        });
        return await end;
    }

    private static async Task ShouldServeAsync(RawConnection client, int stream)
    {
        byte[] request = [.. Get(stream), .. WindowUpdate(stream, 100)];
        await client.WriteAsync(request);
        await ShouldBeServedAsync(client, stream);
    }

    private static async Task ShouldBeServedAsync(RawConnection client, int stream)
    {
        var served = new Http2Client(client, stream);
        (await served.ReadUntilAsync(one => one.IsComplete)).Should().BeTrue();
        served.Body.Should().Be("ok");
    }

    private static byte[] WindowUpdate(int stream, int size) =>
        Http2Frames.Frame(8, 0, stream, [(byte)(size >> 24), (byte)(size >> 16), (byte)(size >> 8), (byte)size]);
}
