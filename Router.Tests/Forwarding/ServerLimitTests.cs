using System.Text;

namespace Router.Tests.Forwarding;

public sealed class ServerLimitTests
{
    [Fact]
    public async Task A_request_line_a_header_and_a_number_of_fields_have_their_limits()
    {
        await using var backend = new RecordingBackend();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("*", backend.Address)
            .Set("Limits:MaxRequestLine", "1000").Set("Limits:MaxHeaderSize", "2000").Set("Limits:MaxHeaderFields", "20"));

        (await StatusAsync(router, $"GET /{new string('a', 1000)} HTTP/1.1\r\nHost: a\r\n\r\n")).Should().Be(414);
        (await StatusAsync(router, $"GET / HTTP/1.1\r\nHost: a\r\nX: {new string('a', 2000)}\r\n\r\n")).Should().Be(431);
        var many = new StringBuilder();
        for (var i = 0; i < 30; i++)
            many.Append("X-").Append(i).Append(": 1\r\n");
        (await StatusAsync(router, $"GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n")).Should().Be(431);
        (await StatusAsync(router, $"GET /{new string('a', 900)} HTTP/1.1\r\nHost: a\r\nX: {new string('a', 1800)}\r\n\r\n")).Should().Be(200);
        backend.Requests.Should().HaveCount(1);
    }

    [Fact]
    public async Task Beyond_the_number_of_connections_a_new_one_is_closed()
    {
        await using var backend = new RecordingBackend();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("*", backend.Address).Set("Limits:MaxConnections", "2"));
        using var first = await router.ConnectAsync();
        using var second = await router.ConnectAsync();
        foreach (var client in new[] { first, second })
        {
            await client.WriteAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            (await client.ReadMessageAsync())!.Status.Should().Be(200);
        }

        using var third = await router.ConnectAsync();
        (await third.ReadToEndAsync()).Text.Should().BeEmpty();
    }

    [Fact]
    public async Task A_header_that_does_not_come_is_408()
    {
        await using var backend = new RecordingBackend();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("*", backend.Address).Set("Limits:HeaderTimeout", "1s"));

        (await StatusAsync(router, "GET / HTTP/1.1\r\nHos")).Should().Be(408);
        backend.Connections.Should().Be(0);
    }

    [Fact]
    public async Task A_body_that_comes_more_slowly_than_the_least_rate_is_408()
    {
        await using var backend = new RecordingBackend();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("*", backend.Address));

        // The server's patience is five seconds of its own clock.
        (await StatusAsync(router, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nx")).Should().Be(408);
    }

    private static async Task<int> StatusAsync(RunningRouter router, string bytes)
    {
        using var client = await router.ConnectAsync();
        await client.WriteAsync(bytes);
        return new RawMessage(await client.ReadHeadAsync(), "").Status;
    }
}
