using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;

namespace Router.Tests.Forwarding;

public sealed class WebSocketTests(PlainRawSite site) : IClassFixture<PlainRawSite>
{
    private const string Asking =
        "GET /ws HTTP/1.1\r\nHost: www.example.org\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    private const string Agreeing =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

    [Fact]
    public async Task Bytes_are_forwarded_in_both_directions_and_the_first_may_follow_the_headers_immediately()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend), new ManualClock());
        using var client = await router.ConnectAsync();

        await client.WriteAsync(Asking + "early");
        using var connection = await backend.AcceptAsync();
        var request = await connection.ReadHeadAsync();
        request
            .Should()
            .Contain("Connection: Upgrade\r\n")
            .And.Contain("Upgrade: websocket\r\n")
            .And.Contain("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
        await connection.WriteAsync(Agreeing + "first");
        var head = await client.ReadHeadAsync();
        head.Should()
            .StartWith("HTTP/1.1 101 ")
            .And.Contain("Upgrade: websocket\r\n")
            .And.Contain("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
        (await client.ReadExactlyAsync(5)).Should().Be("first");
        (await connection.ReadExactlyAsync(5)).Should().Be("early");
        for (var i = 0; i < 20; i++)
        {
            await client.WriteAsync($"up{i:00}");
            (await connection.ReadExactlyAsync(4)).Should().Be($"up{i:00}");
            await connection.WriteAsync($"dn{i:00}");
            (await client.ReadExactlyAsync(4)).Should().Be($"dn{i:00}");
        }

        router.Site.Backends[0].Upgraded.Should().Be(1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_one_side_sends_before_it_closes_reaches_the_other(bool clientFirst)
    {
        var (router, backend) = (site.Router, site.Backend);
        for (var i = 0; i < 20; i++)
        {
            var (client, connection) = await OpenAsync(router, backend);
            var (from, to) = clientFirst ? (client, connection) : (connection, client);

            await from.WriteAsync(new string('x', 100_000) + "\u0088\u0002\u0003\u00e8");
            from.FinishWriting();
            var (text, _) = await to.ReadToEndAsync();

            text.Length.Should().Be(100_004);
            text.Should().EndWith("\u0088\u0002\u0003\u00e8");
            client.Dispose();
            connection.Dispose();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_reset_of_one_side_ends_the_other(bool clientDies)
    {
        var (router, backend) = (site.Router, site.Backend);
        var (client, connection) = await OpenAsync(router, backend);
        var (dies, survives) = clientDies ? (client, connection) : (connection, client);

        dies.Reset();
        var (text, _) = await survives.ReadToEndAsync();

        text.Should().BeEmpty();
        await EndedAsync(router);
        survives.Dispose();
    }

    [Fact]
    public async Task A_real_client_and_a_real_server_exchange_messages_of_any_size_and_close_handshakes()
    {
        await using var app = await EchoAsync();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("*", app.Urls.First()));
        foreach (var clientCloses in new[] { true, false })
        {
            using var socket = new ClientWebSocket();
            await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{router.Endpoint.Port}/echo"), CancellationToken.None).InTime();
            foreach (var size in new[] { 0, 1, 125, 126, 65_535, 65_536, 3_000_000 })
            {
                var sent = new byte[size];
                new Random(size).NextBytes(sent);
                var receive = ReceiveAsync(socket);
                await socket.SendAsync(sent, WebSocketMessageType.Binary, true, CancellationToken.None).InTime();
                (await receive.InTime()).Should().Equal(sent);
            }

            if (!clientCloses)
            {
                await socket.SendAsync("bye"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None).InTime();
                (await socket.ReceiveAsync(new byte[100], CancellationToken.None).InTime())
                    .MessageType.Should()
                    .Be(WebSocketMessageType.Close);
            }

            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", CancellationToken.None).InTime();
            socket.CloseStatus.Should().Be(clientCloses ? WebSocketCloseStatus.NormalClosure : WebSocketCloseStatus.PolicyViolation);
        }

        await EndedAsync(router);
    }

    [Fact]
    public async Task A_WebSocket_works_over_HTTP2_too()
    {
        await using var app = await EchoAsync();
        await using var router = await ListeningRouter.StartAsync(SiteFile.Of("*", app.Urls.First()), protocols: "Http2");
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler());
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = HttpVersion.Version20;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;

        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{router.Port}/echo"), invoker, CancellationToken.None).InTime();
        foreach (var size in new[] { 1, 70_000, 1_000_000 })
        {
            var sent = new byte[size];
            new Random(size).NextBytes(sent);
            var receive = ReceiveAsync(socket);
            await socket.SendAsync(sent, WebSocketMessageType.Binary, true, CancellationToken.None).InTime();
            (await receive.InTime()).Should().Equal(sent);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", CancellationToken.None).InTime();
        socket.CloseStatus.Should().Be(WebSocketCloseStatus.NormalClosure);
    }

    [Fact]
    public async Task Over_HTTP2_a_page_instead_of_a_WebSocket_is_no_success()
    {
        await using var backend = RawBackend.RespondingText("a page");
        await using var router = await ListeningRouter.StartAsync(SiteFile.Of("*", backend), protocols: "Http2");
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler());
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = HttpVersion.Version20;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;

        var connect = () => socket.ConnectAsync(new Uri($"ws://127.0.0.1:{router.Port}/page"), invoker, CancellationToken.None).InTime();

        await connect.Should().ThrowAsync<WebSocketException>();
        (await backend.RequestAsync()).Method.Should().Be("GET");
    }

    [Fact]
    public async Task A_refused_upgrade_is_an_ordinary_response()
    {
        await using var backend = RawBackend.Responding("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        using var client = await router.ConnectAsync();

        await client.WriteAsync(Asking);

        var reply = await client.ReadMessageAsync();
        (reply!.Status, reply.Body).Should().Be((403, "no"));
    }

    [Fact]
    public async Task Any_other_protocol_is_forwarded_too()
    {
        var (router, backend) = (site.Router, site.Backend);
        using var client = await router.ConnectAsync();

        await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\nConnection: upgrade\r\nUpgrade: tcp/1\r\n\r\n");
        using var connection = await backend.AcceptAsync();
        (await connection.ReadHeadAsync()).Should().Contain("Upgrade: tcp/1\r\n");
        await connection.WriteAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tcp/1\r\n\r\nhello");
        (await client.ReadHeadAsync()).Should().Contain("Upgrade: tcp/1\r\n");
        (await client.ReadExactlyAsync(5)).Should().Be("hello");
    }

    [Fact]
    public async Task When_Router_stops_both_sides_get_a_close_frame_that_says_so()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        var (client, connection) = await OpenAsync(router, backend);
        // In the middle of a frame of five bytes: the close frame must wait for its end.
        await connection.WriteAsync("\u0081\u0005he");
        await client.ReadExactlyAsync(4);

        var stop = router.App.StopAsync();
        (await connection.ReadExactlyAsync(8)).Should().Be("\u0088\u0082\0\0\0\0\u0003\u00e9");
        await connection.WriteAsync("llo");
        (await client.ReadExactlyAsync(7)).Should().Be("llo\u0088\u0002\u0003\u00e9");
        await connection.WriteAsync("\u0088\u0002\u0003\u00e9");
        connection.FinishWriting();
        client.FinishWriting();

        await stop.InTime();
        client.Dispose();
        connection.Dispose();
    }

    private static async Task<(RawConnection Client, RawConnection Backend)> OpenAsync(RunningRouter router, RawBackend backend)
    {
        var client = await router.ConnectAsync();
        await client.WriteAsync(Asking);
        var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        await connection.WriteAsync(Agreeing);
        await client.ReadHeadAsync();
        return (client, connection);
    }

    private static async Task EndedAsync(RunningRouter router)
    {
        var upstream = router.Site.Backends[0];
        await Eventually.Async(() => upstream is { Upgraded: 0, InFlight: 0 } && upstream.Destinations[0].InFlight == 0);
    }

    private static async Task<byte[]> ReceiveAsync(ClientWebSocket socket)
    {
        var all = new List<byte>();
        var buffer = new byte[32 * 1024];
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer, CancellationToken.None);
            all.AddRange(buffer.AsSpan(0, part.Count));
            if (part.EndOfMessage)
                return [.. all];
        }
    }

    private static async Task<WebApplication> EchoAsync()
    {
        var app = Application.Create();
        app.UseWebSockets();
        app.Run(async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            var buffer = new byte[32 * 1024];
            while (true)
            {
                var part = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    await socket.CloseAsync(socket.CloseStatus!.Value, "", CancellationToken.None);
                    return;
                }

                if (part.EndOfMessage && Encoding.ASCII.GetString(buffer, 0, part.Count) == "bye")
                    await socket.CloseOutputAsync(WebSocketCloseStatus.PolicyViolation, "enough", CancellationToken.None);
                else
                    await socket.SendAsync(buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, CancellationToken.None);
            }
        });
        await app.StartAsync();
        return app;
    }
}
