namespace Router.Tests.Forwarding;

public sealed class EarlyResponseTests(PlainRawSite site) : IClassFixture<PlainRawSite>
{
    [Theory]
    [InlineData("Content-Length: 1000000")]
    [InlineData("Transfer-Encoding: chunked")]
    public async Task A_response_during_the_upload_reaches_the_client(string framing)
    {
        var (router, backend) = (site.Router, site.Backend);
        using var client = await router.ConnectAsync();

        await client.WriteAsync($"POST / HTTP/1.1\r\nHost: www.example.org\r\n{framing}\r\n\r\n5\r\nhello\r\n");
        using var connection = await backend.AcceptAsync();
        await connection.ReadThroughAsync("hello");
        await connection.WriteAsync("HTTP/1.1 413 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");

        var reply = await client.ReadMessageAsync();
        (reply!.Status, reply.Body).Should().Be((413, "no"));
        (await connection.ReadToEndAsync()).Text.Should().NotContain("0\r\n\r\n", "half an upload must not look like a whole one");
    }

    [Fact]
    public async Task A_response_during_the_upload_does_not_wait_for_credit_that_an_HTTP2_backend_never_gives()
    {
        await using var backend = Http2Backend.Start(_ => Http2Reaction.Reject, "data");
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", backend.Address).Set("Backends:www:Http2", "true").Set("Backends:www:IdleTimeout", "off")
        );

        using var client = await router.ConnectAsync();
        await client.WriteAsync("POST / HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 4000000\r\n\r\n");
        var uploading = client.WriteAsync(new string('a', 2 << 20));

        (await client.ReadHeadAsync()).Should().StartWith("HTTP/1.1 413");
        await uploading;
        await Eventually.Async(() => router.Site.Backends[0].Destinations[0].InFlight == 0);
    }

    [Fact]
    public async Task After_an_early_response_the_clients_connection_continues_when_it_has_sent_the_rest()
    {
        var (router, backend) = (site.Router, site.Backend);
        using var client = await router.ConnectAsync();

        await client.WriteAsync("POST /first HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 10\r\n\r\nhello");
        using var first = await backend.AcceptAsync();
        await first.ReadThroughAsync("hello");
        await first.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        (await client.ReadMessageAsync())!.Body.Should().Be("ok");

        await client.WriteAsync("worldGET /second HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        using var second = await backend.AcceptAsync();
        (await second.ReadMessageAsync())!.Target.Should().Be("/second", "the connection with half a request on it is not used again");
        await second.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo");
        (await client.ReadMessageAsync())!.Body.Should().Be("two");
    }

    [Fact]
    public async Task A_response_may_stream_during_the_upload()
    {
        var (router, backend) = (site.Router, site.Backend);
        using var client = await router.ConnectAsync();

        await client.WriteAsync("POST / HTTP/1.1\r\nHost: www.example.org\r\nTransfer-Encoding: chunked\r\n\r\n");
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        await client.ReadHeadAsync();
        for (var i = 0; i < 20; i++)
        {
            await client.WriteAsync($"4\r\nup{i:00}\r\n");
            await connection.ReadThroughAsync($"up{i:00}");
            await connection.WriteAsync($"6\r\ndown{i:00}\r\n");
            await client.ReadThroughAsync($"down{i:00}");
        }

        await client.WriteAsync("0\r\n\r\n");
        await connection.ReadThroughAsync("0\r\n\r\n");
        await connection.WriteAsync("0\r\n\r\n");
        await client.ReadThroughAsync("0\r\n\r\n");
    }

    [Fact]
    public async Task A_rejection_is_not_lost_if_the_backend_closes_the_connection_during_the_upload()
    {
        await using var backend = RawBackend.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync("HTTP/1.1 413 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
            connection.FinishWriting();
            await connection.ReadToEndAsync();
        });
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));

        for (var i = 0; i < 20; i++)
        {
            using var client = await router.ConnectAsync();
            await client.WriteAsync("POST / HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 3000000\r\n\r\n");
            await client.WriteAsync(new byte[200_000]);
            (await client.ReadMessageAsync())!.Status.Should().Be(413);
        }
    }

    [Theory]
    [InlineData("Content-Length: 10")]
    [InlineData("Transfer-Encoding: chunked")]
    public async Task A_client_that_disconnects_in_its_body_never_leaves_a_complete_request_behind(string framing)
    {
        var (router, backend) = (site.Router, site.Backend);
        using var client = await router.ConnectAsync();

        await client.WriteAsync($"POST / HTTP/1.1\r\nHost: www.example.org\r\n{framing}\r\n\r\n5\r\nhello");
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        client.FinishWriting();

        var (text, _) = await connection.ReadToEndAsync();
        text.Should().NotContain("0\r\n\r\n");
        text.Length.Should().BeLessThan(14);
    }

    [Fact]
    public async Task An_upload_that_the_backend_refuses_while_it_is_sent_is_no_error_of_Router()
    {
        var size = KernelBuffers.FarMore;
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("*", backend).Set("Hosts:*:MaxRequestBody", "1GiB"));
        using var client = await router.ConnectAsync();
        await client.WriteAsync($"POST / HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: {size}\r\n\r\n");
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        // The backend reads no more: Router is in the middle of a write.
        (await client.WriteUntilItStallsAsync(size, TimeSpan.FromSeconds(1)))
            .Should()
            .BeLessThan(size);

        await connection.WriteAsync("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");

        (await client.ReadMessageAsync())!.Status.Should().Be(413);
        // The server drains what is left of the body before it closes.
        await client.ReadToEndAsync();
        router.Log.Errors().Should().BeEmpty();
    }
}
