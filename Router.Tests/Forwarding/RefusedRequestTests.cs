using Microsoft.Extensions.DependencyInjection;
using Router.Http;
using Router.Modes;
using Router.Proxy.InFlight;

namespace Router.Tests.Forwarding;

/// <summary>What an HTTP/2 backend declares unprocessed is sent again (RFC 9113 section 8.7).</summary>
public sealed class RefusedRequestTests(RefusedRequestTests.Site site) : IClassFixture<RefusedRequestTests.Site>
{
    [Theory]
    [InlineData("GET", Http2Reaction.Refuse, "end")]
    [InlineData("GET", Http2Reaction.GoAway, "end")]
    [InlineData("POST", Http2Reaction.Refuse, "header")]
    [InlineData("POST", Http2Reaction.Refuse, "data")]
    [InlineData("POST", Http2Reaction.Refuse, "end")]
    [InlineData("POST", Http2Reaction.GoAway, "header")]
    [InlineData("POST", Http2Reaction.GoAway, "data")]
    [InlineData("POST", Http2Reaction.GoAway, "end")]
    internal async Task A_request_that_the_backend_declares_unprocessed_is_sent_again_with_its_whole_body(
        string method,
        Http2Reaction how,
        string when
    )
    {
        var backend = site.Backend.Restart(attempt => attempt <= 6 ? how : Http2Reaction.Serve, when);
        var router = site.Router;
        var retries = router.Site.Backends[0].Retries;
        var before = retries.Of(ForwardFailure.BrokenBeforeResponse);

        var reply = await router.SendAsync(method, "http://www.example.org/", method == "POST" ? new StringContent("hello") : null);

        reply.Status.Should().Be(200);
        backend.Served.Should().Equal(method == "POST" ? "hello" : "");
        backend.Attempts.Should().Be(7);
        (retries.Of(ForwardFailure.BrokenBeforeResponse) - before).Should().Be(6);
    }

    [Theory]
    [InlineData(Http2Reaction.Refuse)]
    [InlineData(Http2Reaction.GoAway)]
    internal async Task A_body_of_which_a_part_was_sent_is_continued_on_another_stream(Http2Reaction how)
    {
        var backend = site.Backend.Restart(attempt => attempt == 1 ? how : Http2Reaction.Serve, "data");
        var router = site.Router;
        using var client = await router.ConnectAsync();

        await client.WriteAsync("POST / HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 5\r\n\r\nhel");
        await Eventually.Async(() => backend.Attempts == 2);
        await client.WriteAsync("lo");

        (await client.ReadMessageAsync())!.Status.Should().Be(200);
        backend.Served.Should().Equal("hello");
    }

    [Fact]
    public async Task A_body_that_is_too_long_to_be_kept_is_not_sent_again()
    {
        var backend = site.Backend.Restart(_ => Http2Reaction.Refuse);
        var router = site.Router;

        (await router.SendAsync("POST", "http://www.example.org/", new StringContent(new string('b', 100_000)))).Status.Should().Be(502);

        backend.Attempts.Should().Be(1);
    }

    [Fact]
    public async Task A_backend_that_refuses_everything_gets_a_request_forty_one_times()
    {
        var backend = site.Backend.Restart(_ => Http2Reaction.Refuse);
        var router = site.Router;

        (await router.SendAsync("POST", "http://www.example.org/", new StringContent("hello"))).Status.Should().Be(502);

        backend.Attempts.Should().Be(41);
    }

    [Theory]
    [InlineData("POST", 502, 1)]
    [InlineData("GET", 200, 2)]
    public async Task A_request_that_the_backend_may_have_begun_is_sent_again_only_if_it_may_be_done_twice(
        string method,
        int status,
        int attempts
    )
    {
        await using var backend = Http2Backend.Start(attempt => attempt == 1 ? Http2Reaction.Break : Http2Reaction.Serve);
        await using var router = await StartAsync(backend);

        (await router.SendAsync(method, "http://www.example.org/", method == "POST" ? new StringContent("hello") : null))
            .Status.Should()
            .Be(status);

        backend.Attempts.Should().Be(attempts);
    }

    [Fact]
    public async Task A_write_that_was_lost_after_a_refusal_is_not_forgotten_when_it_is_refused_again()
    {
        await using var backend = Http2Backend.Start(attempt => attempt == 2 ? Http2Reaction.Break : Http2Reaction.Refuse);
        await using var router = await StartAsync(backend);

        var reply = await router.SendAsync("DELETE", "http://www.example.org/", headers: ("Accept", "application/json"));

        backend.Attempts.Should().BeGreaterThan(2);
        reply.Status.Should().Be(502);
        reply.Body.Should().Contain("\"outcome\":\"unknown\"").And.NotContain("\"forwarded\"");
        router.App.Services.GetRequiredService<UncertainWrites>().Count.Should().Be(1);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task A_request_that_is_refused_when_the_site_has_been_closed_is_not_sent_again(string method)
    {
        var closed = new TaskCompletionSource();
        await using var backend = Http2Backend.Start(attempt => attempt == 1 ? Http2Reaction.Refuse : Http2Reaction.Serve);
        backend.Hold = closed.Task;
        await using var router = await StartAsync(backend);

        var sending = router.SendAsync(method, "http://www.example.org/", method == "POST" ? new StringContent("hello") : null);
        await Eventually.Async(() => backend.Attempts == 1);
        router.Switch(ModeCatalogue.Closed);
        closed.SetResult();
        var reply = await sending;

        reply.Status.Should().Be(503);
        reply.Value("X-Router-Closed").Should().Be("1");
        backend.Attempts.Should().Be(1);
    }

    [Fact]
    public async Task A_connection_that_cannot_be_made_is_attempted_again_over_HTTP2_too()
    {
        using var closed = new ClosedPort();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", closed.Address).Set("Backends:www:Http2", "true"));

        (await router.GetAsync("http://www.example.org/")).Status.Should().Be(502);

        await router.Log.NextAsync("connect_failed");
        router.Site.Backends[0].Retries.Of(ForwardFailure.ConnectFailed).Should().Be(2);
    }

    private static Task<RunningRouter> StartAsync(Http2Backend backend) =>
        RunningRouter.StartAsync(SiteFile.Of("www.*", backend.Address).Set("Backends:www:Http2", "true"));

    /// <summary>A site with a backend that each case tells what to do with requests.</summary>
    public sealed class Site : IAsyncLifetime
    {
        internal Http2Backend Backend { get; } = Http2Backend.Start(_ => Http2Reaction.Serve);

        internal RunningRouter Router { get; private set; } = null!;

        public async Task InitializeAsync() => Router = await StartAsync(Backend);

        public async Task DisposeAsync()
        {
            await Router.DisposeAsync();
            await Backend.DisposeAsync();
        }
    }
}
