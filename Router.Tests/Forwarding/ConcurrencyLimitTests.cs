namespace Router.Tests.Forwarding;

public sealed class ConcurrencyLimitTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n";

    [Fact]
    public async Task Beyond_its_permits_and_its_queue_a_backend_gets_nothing_and_the_client_503()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(
            SiteFile
                .Of("www.*", backend)
                .Set("Backends:www:MaxConcurrentRequests", "2")
                .Set("Backends:www:MaxQueuedRequests", "1")
                .Set("Backends:www:QueueTimeout", "1m")
        );
        using var first = await router.ConnectAsync();
        using var second = await router.ConnectAsync();
        using var third = await router.ConnectAsync();
        using var fourth = await router.ConnectAsync();

        await first.WriteAsync(Get);
        using var one = await backend.AcceptAsync();
        await second.WriteAsync(Get);
        using var two = await backend.AcceptAsync();
        await third.WriteAsync(Get);
        await Eventually.Async(() => router.Site.Backends[0].InFlight == 3);
        await fourth.WriteAsync(Get);
        var refused = await fourth.ReadMessageAsync();

        refused!.Status.Should().Be(503);
        refused.Value("Retry-After").Should().NotBeNull();
        (await router.Log.NextAsync("Forwarding failed")).Should().Contain("overloaded").And.Contain("backend www");
        (await router.GetAsync("http://localhost/_status")).Status.Should().Be(200);
        (await router.GetAsync("http://localhost/_metrics")).Status.Should().Be(200);
        backend.Connections.Should().Be(2);

        await one.ReadHeadAsync();
        await one.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        (await first.ReadMessageAsync())!.Status.Should().Be(200);
        (await one.ReadMessageAsync())!.Method.Should().Be("GET");
        await one.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        (await third.ReadMessageAsync())!.Status.Should().Be(200);
    }

    [Fact]
    public async Task A_client_that_reads_no_responses_holds_no_permit_and_gets_no_more()
    {
        // A raw one, because WireMock.Net gives no length: a short body of a known length is what Router takes as a whole, whether or
        // not the client reads.
        await using var backend = RawBackend.Responding($"HTTP/1.1 200 OK\r\nContent-Length: 12000\r\n\r\n{new string('b', 12000)}");
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", backend).Set("Backends:www:MaxConcurrentRequests", "1").Set("Backends:www:MaxQueuedRequests", "0")
        );
        using var client = await router.ConnectAsync();

        var written = await client.WriteUntilItStallsAsync(
            KernelBuffers.FarMore,
            TimeSpan.FromSeconds(1),
            string.Concat(Enumerable.Repeat(Get, 100))
        );

        written
            .Should()
            .BeGreaterThan(1 << 20, "the server's own buffer of 1 MiB is full before it stops reading requests")
            .And.BeLessThan(KernelBuffers.FarMore, "responses that no client reads must not accumulate in memory");
        // On a loaded machine it may not have stalled yet, and one of its requests may hold the permit for a moment.
        await Eventually.TrueAsync(async () => (await router.GetAsync("http://www.example.org/")).Status == 200);
    }

    [Fact]
    public async Task A_request_that_waits_too_long_for_a_permit_gets_503()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", backend).Set("Backends:www:MaxConcurrentRequests", "1").Set("Backends:www:QueueTimeout", "100ms")
        );
        using var first = await router.ConnectAsync();
        await first.WriteAsync(Get);
        using var one = await backend.AcceptAsync();

        (await router.GetAsync("http://www.example.org/")).Status.Should().Be(503);
    }

    [Fact]
    public async Task A_client_that_disconnects_while_it_waits_leaves_no_trace()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", backend).Set("Backends:www:MaxConcurrentRequests", "1").Set("Backends:www:QueueTimeout", "1m")
        );
        using var first = await router.ConnectAsync();
        await first.WriteAsync(Get);
        using var one = await backend.AcceptAsync();
        await one.ReadHeadAsync();
        for (var i = 0; i < 5; i++)
        {
            var waiting = await router.ConnectAsync();
            await waiting.WriteAsync(Get);
            await Eventually.Async(() => router.Site.Backends[0].InFlight == 2);
            waiting.Reset();
            await Eventually.Async(() => router.Site.Backends[0].InFlight == 1);
        }

        await one.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        (await first.ReadMessageAsync())!.Status.Should().Be(200);
        await first.WriteAsync(Get);
        await one.ReadHeadAsync();
        backend.Connections.Should().Be(1);
    }

    [Fact]
    public async Task A_request_for_an_error_page_needs_a_permit_of_the_backend_that_has_the_page()
    {
        await using var store = WireMockBackend.Responding(404, "none");
        await using var pages = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(
            WithErrorPage(new SiteFile().Frontend("store", store.Address), pages)
                .Set("Backends:pages:MaxConcurrentRequests", "2")
                .Set("Backends:pages:MaxQueuedRequests", "1")
                .Set("Backends:pages:QueueTimeout", "1m")
        );
        using var first = await router.ConnectAsync();
        using var second = await router.ConnectAsync();
        using var third = await router.ConnectAsync();
        using var fourth = await router.ConnectAsync();

        await first.WriteAsync(Get);
        using var one = await pages.AcceptAsync();
        await second.WriteAsync(Get);
        using var two = await pages.AcceptAsync();
        await third.WriteAsync(Get);
        await Eventually.Async(() => router.Site.Backends.Single(upstream => upstream.Settings.Name == "pages").InFlight == 3);
        await fourth.WriteAsync(Get);
        var withoutPage = await fourth.ReadMessageAsync();

        (withoutPage!.Status, withoutPage.Body).Should().Be((404, "none"), "the queue for the page is full, and the error itself is there");
        pages.Connections.Should().Be(2);
        await one.ReadHeadAsync();
        await one.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage");
        (await first.ReadMessageAsync())!.Body.Should().Be("page");
        (await one.ReadMessageAsync())!.Target.Should().Be("/404");
        await one.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage");
        var queued = await third.ReadMessageAsync();
        (queued!.Status, queued.Body).Should().Be((404, "page"));
    }

    [Fact]
    public async Task A_backend_with_one_permit_gives_its_own_error_page()
    {
        await using var backend = RawBackend.Start(async connection =>
        {
            while (await connection.ReadMessageAsync() is { } request)
                await connection.WriteAsync(
                    $"HTTP/1.1 {(request.Target == "/404" ? "200 OK" : "404 Not Found")}\r\nContent-Length: 4\r\n\r\n"
                        + $"{(request.Target == "/404" ? "page" : "none")}"
                );
        });
        await using var router = await RunningRouter.StartAsync(
            WithErrorPage(new SiteFile().Frontend("store", backend.Address), backend)
                .Set("ErrorPages:own:Backend", "store")
                .Set("Backends:store:MaxConcurrentRequests", "1")
                .Set("Backends:store:QueueTimeout", "1m")
        );

        for (var i = 0; i < 3; i++)
        {
            var reply = await router.GetAsync("http://www.example.org/");
            (reply.Status, reply.Body).Should().Be((404, "page"));
        }
    }

    private static SiteFile WithErrorPage(SiteFile site, RawBackend pages) =>
        site.Frontend("pages", pages.Address)
            .Host("www.*", "store")
            .Set("ErrorPages:own:OnStatus", "404")
            .Set("ErrorPages:own:Backend", "pages")
            .Set("ErrorPages:own:Path", "/404")
            .Set("Hosts:www.*:ErrorPage", "own");
}
