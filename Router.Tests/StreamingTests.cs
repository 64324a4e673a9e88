using System.Net;
using System.Text;

namespace Router.Tests;

public sealed class StreamingTests(StreamingTests.Site site) : IClassFixture<StreamingTests.Site>
{
    [Theory]
    [InlineData("Content-Length: 11", "first", "second")]
    [InlineData("Transfer-Encoding: chunked", "5\r\nfirst\r\n", "6\r\nsecond\r\n0\r\n\r\n")]
    public async Task The_first_piece_of_a_body_reaches_the_backend_before_the_client_has_sent_the_second(
        string framing,
        string first,
        string second
    )
    {
        var (router, backend) = (site.Router, site.Backend);
        using var client = await router.ConnectAsync();

        await client.WriteAsync($"POST / HTTP/1.1\r\nHost: www.example.org\r\n{framing}\r\n\r\n{first}");
        using var atBackend = await backend.AcceptAsync();
        (await atBackend.ReadHeadAsync()).Should().Contain(framing);
        await atBackend.ReadThroughAsync("first");
        await client.WriteAsync(second);
        await atBackend.ReadThroughAsync("second");
        await atBackend.WriteAsync("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");

        (await client.ReadMessageAsync())!.Status.Should().Be(201);
    }

    [Theory]
    [InlineData("Content-Length: 11", "first", "second")]
    [InlineData("Transfer-Encoding: chunked", "5\r\nfirst\r\n", "6\r\nsecond\r\n0\r\n\r\n")]
    public async Task The_first_piece_of_a_response_reaches_the_client_before_the_backend_has_sent_the_second(
        string framing,
        string first,
        string second
    )
    {
        var (router, backend) = (site.Router, site.Backend);
        using var client = await router.ConnectAsync();

        await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        using var atBackend = await backend.AcceptAsync();
        await atBackend.ReadHeadAsync();
        await atBackend.WriteAsync($"HTTP/1.1 200 OK\r\n{framing}\r\n\r\n{first}");
        await client.ReadThroughAsync("first");
        await atBackend.WriteAsync(second);

        await client.ReadThroughAsync("second");
    }

    [Fact]
    public async Task The_headers_of_a_response_do_not_wait_for_its_body()
    {
        var (router, backend) = (site.Router, site.Backend);
        using var client = await router.ConnectAsync();

        await client.WriteAsync("GET /events HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        using var atBackend = await backend.AcceptAsync();
        await atBackend.ReadHeadAsync();
        await atBackend.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");

        (await client.ReadHeadAsync()).Should().StartWith("HTTP/1.1 200 OK").And.Contain("text/event-stream");
    }

    [Fact]
    public async Task A_backend_that_does_not_read_holds_the_client_back()
    {
        var (router, backend) = (site.Router, site.Backend);
        using var client = await router.ConnectAsync();

        await client.WriteAsync($"POST / HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: {KernelBuffers.FarMore}\r\n\r\n");
        using var atBackend = await backend.AcceptAsync();
        var accepted = await client.WriteUntilItStallsAsync(KernelBuffers.FarMore, TimeSpan.FromSeconds(1));

        accepted.Should().BeLessThanOrEqualTo(KernelBuffers.Max, "nothing reads it");
    }

    [Fact]
    public async Task A_client_that_does_not_read_holds_the_backend_back()
    {
        var (router, backend) = (site.Router, site.Backend);
        using var client = await router.ConnectAsync();

        await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        using var atBackend = await backend.AcceptAsync();
        await atBackend.ReadHeadAsync();
        await atBackend.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: {KernelBuffers.FarMore}\r\n\r\n");
        var accepted = await atBackend.WriteUntilItStallsAsync(KernelBuffers.FarMore, TimeSpan.FromSeconds(1));

        accepted.Should().BeLessThanOrEqualTo(KernelBuffers.Max, "nothing reads it");
    }

    [Fact]
    public async Task A_large_body_is_echoed_unchanged()
    {
        await using var backend = RawBackend.Start(async connection =>
        {
            var request = await connection.ReadMessageAsync();
            await connection.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: {request!.Body.Length}\r\n\r\n{request.Body}");
        });
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        var sent = string.Concat(Enumerable.Range(0, 200_000).Select(i => $"{i};"));

        using var body = new StringContent(sent, Encoding.Latin1);
        var reply = await router.SendAsync("PUT", "http://www.example.org/", body);

        (reply.Body == sent).Should().BeTrue("each of the {0} bytes counts", sent.Length);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n", "")]
    [InlineData("POST / HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 10\r\n\r\nhalf", "half")]
    public async Task A_client_that_disconnects_before_the_response_cancels_the_backend_request(string request, string body)
    {
        var (router, backend) = (site.Router, site.Backend);
        using var client = await router.ConnectAsync();
        await client.WriteAsync(request);
        using var atBackend = await backend.AcceptAsync();
        await atBackend.ReadThroughAsync("\r\n\r\n" + body);

        client.Reset();

        await atBackend.ReadToEndAsync();
    }

    [Fact]
    public async Task A_client_that_disconnects_in_the_middle_of_a_response_cancels_the_backend_request()
    {
        var clock = new ManualClock();
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend), clock);
        using var client = await router.ConnectAsync();
        await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        using var atBackend = await backend.AcceptAsync();
        await atBackend.ReadHeadAsync();
        await atBackend.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
        await client.ReadThroughAsync("first");

        // Right after its request it could be a client that waits.
        await ClientGrace.PassAsync(ClientGrace.DeadlineIn(router.App.Services), clock);
        client.Dispose();

        await atBackend.ReadToEndAsync();
    }

    [Fact]
    public async Task An_application_that_stalls_with_many_requests_keeps_no_other_waiting()
    {
        await using var stalled = RawBackend.Start();
        await using var quick = RawBackend.RespondingText("here I am");
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", stalled).Api("api", quick.Address).Host("api.*", "api")
        );
        var waiting = Enumerable.Range(0, 200).Select(_ => router.BeginAsync("GET", "http://www.example.org/")).ToArray();
        for (var i = 0; i < waiting.Length; i++)
            await stalled.AcceptAsync();

        (await router.GetAsync("http://api.example.org/")).Body.Should().Be("here I am");

        waiting.Should().OnlyContain(request => !request.IsCompleted);
        stalled.Connections.Should().Be(200, "each of them has a connection, and none waits for another");
        foreach (var request in waiting)
            _ = request.ContinueWith(ended => ended.Exception, TaskScheduler.Default);
    }

    [Fact]
    public async Task Connections_are_kept_and_used_again()
    {
        await using var backend = RawBackend.RespondingText("hello");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));

        for (var i = 0; i < 5; i++)
            (await router.GetAsync("http://www.example.org/")).Status.Should().Be((int)HttpStatusCode.OK);

        backend.Connections.Should().Be(1);
    }

    /// <summary>A site that takes uploads of more than buffers hold.</summary>
    public sealed class Site() : RawSite(address => SiteFile.Of("www.*", address).Set("Hosts:www.*:MaxRequestBody", "1GiB"));
}
