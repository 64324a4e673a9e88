using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Router.Modes;
using Router.Proxy.InFlight;

namespace Router.Tests.Forwarding;

public sealed class RequestOutcomeTests(RequestOutcomeTests.ApiSite site, PlainRawSite plain)
    : IClassFixture<RequestOutcomeTests.ApiSite>,
        IClassFixture<PlainRawSite>
{
    private const string CloseFrame = "\u0088\u0002\u0003\u00e8";
    private const string Host = "Host: api.example.org\r\n";

    [Theory]
    [InlineData("Http1", "closed")]
    [InlineData("Http1", "reset")]
    [InlineData("Http2", "closed")]
    [InlineData("Http2", "reset")]
    [InlineData("Http2", "stream reset")]
    public async Task A_POST_whose_client_disconnects_after_a_part_of_its_body_is_listed_and_logged_as_499(string protocol, string how)
    {
        await using var backend = RawBackend.Start();
        await using var router = await ListeningRouter.StartAsync(SiteFile.Of("*", backend), protocol);
        for (var i = 1; i <= 10; i++)
        {
            using var client = await router.ConnectAsync();
            await client.WriteAsync(
                protocol == "Http1"
                    ? "POST /save HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 100\r\n\r\nhello"u8.ToArray()
                    :
                    [
                        .. Http2Frames.Preface,
                        .. Http2Frames.Headers(
                            1,
                            false,
                            (":method", "POST"),
                            (":scheme", "http"),
                            (":authority", "www.example.org"),
                            (":path", "/save")
                        ),
                        .. Http2Frames.Data(1, false, "hello"),
                    ]
            );
            using var connection = await backend.AcceptAsync();
            await connection.ReadThroughAsync("hello");

            if (how == "stream reset")
                await client.WriteAsync(Http2Frames.Reset(1));
            else if (how == "reset")
                client.Reset();
            else
                client.Dispose();

            (await router.AccessLog.NextAsync()).Number("status").Should().Be("499");
            var writes = Uncertain(router.App);
            writes
                .Should()
                .HaveCount(i)
                .And.OnlyContain(write => write.Method == "POST" && write.Reason == "client_gone" && write.ClientStatus == null);
        }

        await router.App.StopAsync();
        router.Log.Errors().Should().BeEmpty();
    }

    [Theory]
    // the request up to what the backend gets before it closes the connection, or before the client sends the rest; the response
    [InlineData("POST", "Content-Length: 2\r\n\r\nhi", null, 502, null, "unknown")]
    [InlineData("PUT", "Content-Length: 2\r\n\r\nhi", null, 502, null, "unknown")]
    [InlineData("BREW", "Content-Length: 2\r\n\r\nhi", null, 502, null, "unknown")]
    [InlineData("DELETE", "\r\n", null, 502, null, "unknown")]
    [InlineData("GET", "\r\n", null, 502, null, null)]
    [InlineData("POST", "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", "zz\r\n", 400, null, "unknown")]
    [InlineData("POST", "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", "a\r\n0123456789\r\n", 413, null, "unknown")]
    [InlineData("GET", "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", "a\r\n0123456789\r\n", 413, null, null)]
    public async Task Routers_response_and_the_list_of_writes_agree_about_a_request(
        string method,
        string request,
        string? rest,
        int status,
        string? forwarded,
        string? outcome
    )
    {
        var (router, backend) = (site.Router, site.Backend);
        var before = Uncertain(router.App).Count;
        using var client = await router.ConnectAsync();
        await client.WriteAsync($"{method} /save HTTP/1.1\r\n{Host}{request}");
        using var connection = await backend.AcceptAsync();
        await connection.ReadThroughAsync(request.Contains("hi", StringComparison.Ordinal) ? "hi" : "\r\n\r\n");
        if (rest is null)
            connection.Dispose();
        else
            await client.WriteAsync(rest);

        var response = (await client.ReadMessageAsync())!;

        response.Status.Should().Be(status);
        Check(router, response, forwarded, outcome, before);
    }

    [Fact]
    public async Task A_request_whose_declared_length_is_too_long_was_not_forwarded()
    {
        var before = Uncertain(site.Router.App).Count;

        var response = await site.Router.SendRawAsync($"POST /save HTTP/1.1\r\n{Host}Content-Length: 11\r\n\r\n");

        response.Status.Should().Be(413);
        Check(site.Router, response, "false", null, before);
    }

    [Fact]
    public async Task A_request_that_found_no_connection_was_not_forwarded()
    {
        using var closed = new ClosedPort();
        await using var router = await RunningRouter.StartAsync(Api(closed.Address));

        var response = await router.SendRawAsync($"POST /save HTTP/1.1\r\n{Host}Content-Length: 2\r\n\r\nhi");

        response.Status.Should().Be(502);
        Check(router, response, "false", null);
    }

    [Fact]
    public async Task A_body_that_came_too_slowly_after_a_part_of_it_was_forwarded_has_an_unknown_outcome()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(Api(backend.Address));

        // The server's timeout is five seconds by its own clock.
        var response = await router.SendRawAsync($"POST /save HTTP/1.1\r\n{Host}Content-Length: 10\r\n\r\nx");

        response.Status.Should().Be(408);
        Check(router, response, null, "unknown");
    }

    [Fact]
    public async Task A_PUT_that_was_lost_on_a_kept_connection_is_not_forgotten_when_no_other_can_be_made()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(Api(backend.Address));
        using var client = await router.ConnectAsync();
        await client.WriteAsync($"GET / HTTP/1.1\r\n{Host}\r\n");
        using (var connection = await backend.AcceptAsync())
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            (await client.ReadMessageAsync())!.Status.Should().Be(200);
            await client.WriteAsync($"PUT /save HTTP/1.1\r\n{Host}\r\n");
            await connection.ReadHeadAsync();
            backend.StopListening();
        }

        var response = (await client.ReadMessageAsync())!;

        response.Status.Should().Be(502);
        Check(router, response, null, "unknown");
    }

    [Fact]
    public async Task A_page_for_people_says_the_same()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        using var client = await router.ConnectAsync();
        await client.WriteAsync("POST /save HTTP/1.1\r\nHost: www.example.org\r\nAccept: text/html\r\nContent-Length: 2\r\n\r\nhi");
        using (var connection = await backend.AcceptAsync())
            await connection.ReadMessageAsync();
        (await client.ReadMessageAsync())!.Body.Should().Contain("may or may not have been saved").And.NotContain("Try again");

        backend.StopListening();
        await client.WriteAsync("POST /save HTTP/1.1\r\nHost: www.example.org\r\nAccept: text/html\r\nContent-Length: 2\r\n\r\nhi");
        (await client.ReadMessageAsync())!.Body.Should().Contain("was not saved and nothing was changed").And.Contain("Try again");
    }

    [Theory]
    // how the connection ends; the reason by which it is listed, or none
    [InlineData("the backend closes", "websocket", null)]
    [InlineData("the backend hangs up", "websocket", "broken_in_response")]
    [InlineData("the backend hangs up", "echo", null)]
    [InlineData("the backend resets", "websocket", "broken_in_response")]
    [InlineData("the backend resets", "echo", "broken_in_response")]
    [InlineData("the client hangs up", "websocket", null)]
    [InlineData("the client resets", "websocket", null)]
    [InlineData("the client resets and the backend stays", "websocket", "client_gone")]
    public async Task An_upgraded_connection_is_listed_unless_the_backend_closed_it_cleanly(string how, string protocol, string? reason)
    {
        var router = plain.Router;
        var before = Uncertain(router.App).Count;
        var (client, connection) = await UpgradedAsync(router, plain.Backend, protocol);
        using (client)
        using (connection)
        {
            switch (how)
            {
                case "the backend closes":
                    await connection.WriteAsync(CloseFrame);
                    connection.Dispose();
                    break;
                case "the backend hangs up":
                    connection.FinishWriting();
                    break;
                case "the backend resets":
                    connection.Reset();
                    break;
                case "the client hangs up":
                    client.FinishWriting();
                    await connection.ReadToEndAsync();
                    connection.Dispose();
                    break;
                case "the client resets":
                    client.Reset();
                    await connection.ReadToEndAsync();
                    connection.Dispose();
                    break;
                default:
                    client.Reset();
                    break;
            }

            await CheckUpgradedAsync(router, reason, before);
        }
    }

    [Theory]
    // what happens; the reason by which the connection is listed, or none
    [InlineData("the mode changes and the backend stays", "cut")]
    [InlineData("the mode changes and the backend closes", null)]
    [InlineData("Router stops and the backend stays", "stopped")]
    public async Task An_upgraded_connection_that_Router_ends_is_listed_unless_the_backend_closed_it_cleanly(string how, string? reason)
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        var (client, connection) = await UpgradedAsync(router, backend, "websocket");
        using (client)
        using (connection)
        {
            var stop = Task.CompletedTask;
            if (how.StartsWith("Router stops", StringComparison.Ordinal))
            {
                stop = router.App.StopAsync();
            }
            else
            {
                router.Switch(ModeCatalogue.Closed);
                await connection.ReadExactlyAsync(8);
                if (how.EndsWith("closes", StringComparison.Ordinal))
                {
                    await connection.WriteAsync(CloseFrame);
                    connection.Dispose();
                    client.Dispose();
                }
            }

            await CheckUpgradedAsync(router, reason, before: 0, stop);
        }
    }

    [Fact]
    public async Task A_request_in_flight_shortly_before_the_end_of_a_stop_gets_a_response_that_says_so()
    {
        var clock = new ManualClock();
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(Api(backend.Address), clock);
        using var client = await router.ConnectAsync();
        await client.WriteAsync($"POST /save HTTP/1.1\r\n{Host}Content-Length: 2\r\n\r\nhi");
        using var connection = await backend.AcceptAsync();
        await connection.ReadMessageAsync();

        var stop = router.App.StopAsync();
        for (var i = 0; i < 180 && Uncertain(router.App) is []; i++)
            clock.Advance(TimeSpan.FromMilliseconds(50));

        var response = (await client.ReadMessageAsync())!;
        response.Status.Should().Be(503);
        Check(router, response, null, "unknown");
        Uncertain(router.App).Single().Reason.Should().Be("stopped");
        await stop.InTime();
    }

    private static SiteFile Api(string address) =>
        new SiteFile().Api("api", address).Host("api.*", "api").Set("Hosts:api.*:MaxRequestBody", "10");

    private static async Task<(RawConnection Client, RawConnection Backend)> UpgradedAsync(
        RunningRouter router,
        RawBackend backend,
        string protocol
    )
    {
        var client = await router.ConnectAsync();
        await client.WriteAsync($"GET /ws HTTP/1.1\r\nHost: www.example.org\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n\r\n");
        var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        await connection.WriteAsync($"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n\r\n");
        await client.ReadHeadAsync();
        await client.WriteAsync("\u0081\u0080\0\0\0\0");
        await connection.ReadExactlyAsync(6);
        return (client, connection);
    }

    private static async Task CheckUpgradedAsync(RunningRouter router, string? reason, int before, Task? stop = null)
    {
        (await router.AccessLog.NextAsync()).Number("status").Should().Be("101");
        Uncertain(router.App)
            .Skip(before)
            .Select(write => (write.Method, write.Reason, write.ClientStatus, write.IsIdempotent))
            .Should()
            .Equal(reason is null ? [] : [("GET", reason, null, false)]);
        await (stop ?? Task.CompletedTask).InTime();
        router.Log.Errors().Should().BeEmpty();
    }

    // The writes that were listed before belong to other cases.
    private static void Check(RunningRouter router, RawMessage response, string? forwarded, string? outcome, int before = 0)
    {
        var problem = JsonNode.Parse(response.Body)!;
        problem["forwarded"]?.ToString().Should().Be(forwarded);
        problem["outcome"]?.ToString().Should().Be(outcome);
        Uncertain(router.App).Skip(before).Select(write => write.ClientStatus).Should().Equal(outcome is null ? [] : [response.Status]);
    }

    private static IReadOnlyList<UncertainWrite> Uncertain(WebApplication app) =>
        app.Services.GetRequiredService<UncertainWrites>().Since(DateTimeOffset.MinValue);

    /// <summary>An API that accepts small bodies only.</summary>
    public sealed class ApiSite() : RawSite(Api);
}
