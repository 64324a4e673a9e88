using Router.Holding;
using Router.Modes;
using Router.Proxy.InFlight;

namespace Router.Tests.Holding;

/// <summary>In <c>hold</c> requests wait instead of failing.</summary>
public sealed class HoldTests
{
    private static readonly Mode Hold = Named("hold");
    private static readonly Mode Live = Named("live");

    private readonly ManualClock _clock = new();

    [Fact]
    public async Task Requests_wait_with_their_bodies_unread_and_continue_when_the_mode_opens()
    {
        await using var frontend = new RecordingBackend();
        await using var api = new RecordingBackend();
        await using var router = await StartAsync(
            new SiteFile().Frontend("www", frontend.Address).Host("www.*", "www").Api("api", api.Address).Host("api.*", "api")
        );
        await router.SetAsync(Hold);
        using var page = await router.ConnectAsync();
        await page.WriteAsync("GET /page HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        await WaitingAsync(router, 1);
        using var call = await router.ConnectAsync();
        await call.WriteAsync("POST /call HTTP/1.1\r\nHost: api.example.org\r\nContent-Length: 5\r\n\r\nhello");
        await WaitingAsync(router, 2);
        _clock.Advance(TimeSpan.FromSeconds(4));
        router.Blocking().Should().BeEmpty("what is held is not in flight");
        (frontend.Connections + api.Connections).Should().Be(0);

        await router.SetAsync(Live);
        await ReleasedAsync(router, 2);

        (await page.ReadMessageAsync())!.Status.Should().Be(200);
        (await call.ReadMessageAsync())!.Status.Should().Be(200);
        (frontend.Requests.Single().Target, api.Requests.Single().Body).Should().Be(("/page", "hello"));
        (await router.AccessLog.NextAsync()).Number("holdTime").Should().StartWith("4");
    }

    [Fact]
    public async Task A_request_over_HTTP2_waits_too()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await StartAsync(
            SiteFile.Of("www.*", backend.Address).Beside("Kestrel:EndpointDefaults:Protocols", "Http2")
        );
        await router.SetAsync(Hold);
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{router.Endpoint}/")
        {
            Version = new Version(2, 0),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Headers = { Host = "www.example.org" },
        };
        var response = client.SendAsync(request);
        await WaitingAsync(router, 1);

        await router.SetAsync(Live);
        await ReleasedAsync(router, 1);

        ((int)(await response.InTime()).StatusCode).Should().Be(200);
    }

    [Fact]
    public async Task Requests_without_a_backend_get_a_response_and_static_files_pass_within_their_grace()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await StartAsync(
            SiteFile
                .Of("www.*", backend.Address)
                .Path("www.*", "/static/*")
                .Set("Hosts:www.*:Paths:/static/*:Static", "true")
                .Set("AssetGrace", "60s")
        );
        await router.SetAsync(Hold);

        (await router.GetAsync("http://unknown.example.org/")).Status.Should().Be(404, "as in live");
        (await router.GetAsync("http://localhost/_status")).Body.Should().Contain("\"mode\": \"hold\"");
        (await router.GetAsync("http://localhost/_metrics")).Body.Should().Contain("router_hold_requests");
        (await router.GetAsync("http://www.example.org/static/site.css")).Status.Should().Be(200);
    }

    [Fact]
    public async Task A_request_that_has_waited_for_as_long_as_it_may_gets_the_page()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await StartAsync(SiteFile.Of("www.*", backend.Address).Set("Hold:Timeout", "30s"));
        await router.SetAsync(Hold);
        var reply = router.SendAsync("POST", "http://www.example.org/", new StringContent("hello"), ("Accept", "application/json"));
        await WaitingAsync(router, 1);

        _clock.Advance(TimeSpan.FromSeconds(29));
        router.Held().Waiting.Count.Should().Be(1);
        _clock.Advance(TimeSpan.FromSeconds(1));

        var response = await reply.InTime();
        (response.Status, response.Value("Retry-After") is not null).Should().Be((503, true));
        response.Body.Should().Contain("\"forwarded\":false");
        backend.Requests.Should().BeEmpty();
        (await router.GetAsync("http://localhost/_metrics"))
            .Body.Should()
            .MatchRegex("router_hold_ended_total\\{[^}]*outcome=\"expired\"\\} [1-9]");
    }

    [Fact]
    public async Task The_operator_may_give_a_step_its_own_limit()
    {
        await using var router = await StartAsync(SiteFile.Of("www.*", "http://127.0.0.1:9").Set("Hold:Timeout", "30s"));
        await router.SetAsync(new ModeChange { Mode = Hold, HoldTimeout = TimeSpan.FromMinutes(2) });
        var reply = router.GetAsync("http://www.example.org/");
        await WaitingAsync(router, 1);

        _clock.Advance(TimeSpan.FromSeconds(119));
        router.Held().Waiting.Count.Should().Be(1);
        _clock.Advance(TimeSpan.FromSeconds(1));

        (await reply.InTime()).Status.Should().Be(503);
    }

    [Fact]
    public async Task A_request_above_the_limit_gets_the_page_at_once()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await StartAsync(SiteFile.Of("www.*", backend.Address).Set("Hold:MaxRequests", "2"));
        await router.SetAsync(Hold);
        var held = new[] { router.GetAsync("http://www.example.org/1"), router.GetAsync("http://www.example.org/2") };
        await WaitingAsync(router, 2);

        (await router.GetAsync("http://www.example.org/3")).Status.Should().Be(503);

        await router.SetAsync(Live);
        await ReleasedAsync(router, 2);
        (await Task.WhenAll(held)).Should().OnlyContain(reply => reply.Status == 200);
        backend.Requests.Should().HaveCount(2);
    }

    [Theory]
    [InlineData("closes", "")]
    [InlineData("resets", "")]
    [InlineData("closes", "behind a body that the server has not read")]
    [InlineData("resets", "behind a body that the server has not read")]
    public async Task A_request_whose_client_has_gone_is_never_forwarded(string how, string body)
    {
        // A raw one, which counts connections: WireMock.Net would not record a request whose body never arrives.
        await using var backend = new RecordingBackend();
        await using var router = await StartAsync(SiteFile.Of("www.*", backend.Address));
        await router.SetAsync(Hold);
        using var client = await router.ConnectAsync();
        await client.WriteAsync($"POST / HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: {(body is "" ? 0 : 30_000_000)}\r\n\r\n");
        await WaitingAsync(router, 1);
        if (body is not "")
        {
            // A little less than the server buffers (1 MB), then a little more: the kernel has room for the rest and for the end of the
            // input, which the server does not see.
            await client.WriteAsync(new string('x', 1_040_000));
            await Eventually.Async(() => KernelConnections.UnreadBy(router.Endpoint) == 0);
            await client.WriteAsync(new string('x', 16_000));
        }

        if (how == "resets")
            client.Reset();
        else
            client.Dispose();
        // The kernel knows of it before the server reads so far, and on a busy machine a moment after the call.
        await Eventually.Async(() => !KernelConnections.AnyOpenTo(router.Endpoint));

        await router.SetAsync(Live);
        await Eventually.Async(() =>
        {
            _clock.Advance(HeldRequests.Tick);
            return router.Held().Waiting.Count == 0;
        });

        (await router.AccessLog.NextAsync()).Number("status").Should().Be("499");
        backend.Connections.Should().Be(0);
    }

    [Fact]
    public async Task Those_that_waited_continue_oldest_first_at_a_rate_that_doubles_each_second()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await StartAsync(SiteFile.Of("www.*", backend.Address).Set("Hold:ReleaseRate", "4"));
        await router.SetAsync(Hold);
        var replies = new List<Task<Reply>>();
        for (var i = 0; i < 30; i++)
        {
            replies.Add(router.GetAsync($"http://www.example.org/{i}"));
            await WaitingAsync(router, i + 1);
        }

        await router.SetAsync(Live);
        // One at once, then 4 in the first second, 8 in the next, 16 in the third.
        foreach (var (seconds, released) in new[] { (0, 1), (1, 5), (2, 13), (3, 29), (4, 30) })
        {
            while (_clock.GetUtcNow() < Begin.AddSeconds(seconds))
                await StepAsync();
            await StepAsync(TimeSpan.Zero);
            router.Held().Waiting.Count.Should().Be(30 - released, $"{seconds} s after the opening");
            await Eventually.Async(() => replies.Count(reply => reply.IsCompleted) == released);
        }

        // Later, two may be released in one tick.
        backend.Requests.Take(13).Select(request => request.Target).Should().Equal(Enumerable.Range(0, 13).Select(i => $"/{i}"));

        async Task StepAsync(TimeSpan? time = null)
        {
            var before = router.Held().Waiting.Count;
            _clock.Advance(time ?? HeldRequests.Tick);
            // One after the other, so that the order at the backend is the order of the releases.
            var now = 30 - router.Held().Waiting.Count;
            if (30 - before != now)
                await Eventually.Async(() => backend.Requests.Count >= now);
        }
    }

    [Fact]
    public async Task A_request_that_arrives_during_the_release_waits_behind_the_others()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await StartAsync(OperatorClient.With(SiteFile.Of("www.*", backend.Address).Set("Hold:ReleaseRate", "1")));
        using var operators = new OperatorClient(router);
        await router.SetAsync(Hold);
        var first = router.GetAsync("http://www.example.org/1");
        await WaitingAsync(router, 1);
        var second = router.GetAsync("http://www.example.org/2");
        await WaitingAsync(router, 2);
        await router.SetAsync(Live);
        _clock.Advance(TimeSpan.Zero);
        (await first.InTime()).Status.Should().Be(200);

        var third = router.GetAsync("http://www.example.org/3");
        await WaitingAsync(router, 2);
        (await ExplainAsync()).Should().Be("held: requests that have waited for longer are forwarded first");
        await ReleasedAsync(router, 2);

        (await Task.WhenAll(second, third).InTime()).Should().OnlyContain(reply => reply.Status == 200);
        (await router.GetAsync("http://www.example.org/4")).Status.Should().Be(200, "nothing waits any more");
        backend.Requests.Select(request => request.Target).Should().Equal("/1", "/2", "/3", "/4");
        (await ExplainAsync()).Should().Be("forwarded: the mode allows it");

        async Task<string> ExplainAsync() =>
            (await operators.SendAsync("GET", "/explain?url=http://www.example.org/")).Body["outcome"]!.ToString();
    }

    [Fact]
    public void The_time_between_two_holds_is_not_held_time()
    {
        var request = new RequestContext(_clock);

        request.Hold(_clock.GetTimestamp());
        _clock.Advance(TimeSpan.FromSeconds(4));
        request.EndHold().Should().Be(TimeSpan.FromSeconds(4));
        _clock.Advance(TimeSpan.FromSeconds(10));
        request.Hold(_clock.GetTimestamp());
        _clock.Advance(TimeSpan.FromSeconds(3));

        request.EndHold().Should().Be(TimeSpan.FromSeconds(3));
        request.HeldTime.Should().Be(TimeSpan.FromSeconds(7));
    }

    [Fact]
    public async Task A_dry_run_says_that_requests_will_wait()
    {
        await using var router = await StartAsync(OperatorClient.With(SiteFile.Of("www.*", "http://backend.invalid")));

        var run = await Tool.RunAsync(router.ManagementUrl, "mode", "set", "hold", "--dry-run");

        run.Output.Should().MatchRegex("www +frontend +requests wait").And.NotContain("CLOSED");
    }

    [Fact]
    public async Task No_waiting_request_is_rejected_by_a_backend_that_serves_one_at_a_time()
    {
        await using var backend = RawBackend.Start();
        await using var router = await StartAsync(
            SiteFile
                .Of("www.*", backend)
                .Set("Backends:www:MaxConcurrentRequests", "1")
                .Set("Backends:www:MaxQueuedRequests", "0")
                .Set("Hold:ReleaseRate", "1000")
        );
        await router.SetAsync(Hold);
        var replies = Enumerable.Range(0, 5).Select(_ => router.GetAsync("http://www.example.org/")).ToArray();
        await WaitingAsync(router, 5);

        await router.SetAsync(Live);
        _clock.Advance(TimeSpan.FromSeconds(1));
        using var connection = await backend.AcceptAsync();
        for (var i = 1; i <= 5; i++)
        {
            await connection.ReadHeadAsync();
            router.Held().Waiting.Count.Should().Be(5 - i, "the others wait for its permit");
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            await Eventually.Async(() => replies.Count(reply => reply.IsCompleted) == i);
            await Eventually.Async(() =>
            {
                _clock.Advance(HeldRequests.Tick);
                return router.Held().Waiting.Count == Math.Max(4 - i, 0);
            });
        }

        (await Task.WhenAll(replies)).Should().OnlyContain(reply => reply.Status == 200);
    }

    [Fact]
    public async Task A_backend_that_keeps_its_requests_waiting_delays_no_request_to_another_one()
    {
        await using var slow = RawBackend.Start();
        await using var quick = WireMockBackend.RespondingText("ok");
        await using var router = await StartAsync(
            new SiteFile()
                .Frontend("slow", slow.Address)
                .Host("slow.*", "slow")
                .Frontend("quick", quick.Address)
                .Host("quick.*", "quick")
                .Set("Backends:slow:MaxConcurrentRequests", "1")
        );
        await router.SetAsync(Hold);
        var (first, second) = (router.GetAsync("http://slow.example.org/"), router.GetAsync("http://slow.example.org/"));
        await WaitingAsync(router, 2);
        await router.SetAsync(Live);
        await ReleasedAsync(router, 1);
        using var connection = await slow.AcceptAsync();
        await connection.ReadHeadAsync();

        // The clock stands still: nothing that waits is released.
        (await router.GetAsync("http://quick.example.org/").InTime())
            .Status.Should()
            .Be(200);
        router.Held().Waiting.Count.Should().Be(1, "there is one permit, and it is taken");

        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        (await await Task.WhenAny(first, second).InTime()).Status.Should().Be(200);
    }

    [Fact]
    public async Task A_request_that_waited_for_a_backend_that_a_reload_has_replaced_goes_to_the_new_one()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var old = RawBackend.Start();
        await using var router = await StartAsync(SiteOf(old.Address));
        using var busy = router.Site.Backends[0].TryTakePermit();
        await router.SetAsync(Hold);
        var reply = router.GetAsync("http://www.example.org/");
        await WaitingAsync(router, 1);

        router.Replace(SiteOf(backend.Address).ToString());
        (await Tool.RunAsync(router.ManagementUrl, "reload")).Code.Should().Be(0);
        await router.SetAsync(Live);
        await ReleasedAsync(router, 1);

        (await reply.InTime()).Status.Should().Be(200);
        old.Connections.Should().Be(0);

        static SiteFile SiteOf(string address) =>
            OperatorClient.With(SiteFile.Of("www.*", address)).Set("Backends:www:MaxConcurrentRequests", "1");
    }

    [Fact]
    public async Task A_hold_that_returns_during_the_release_costs_the_backend_no_permit()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await StartAsync(
            SiteFile.Of("www.*", backend.Address).Set("Backends:www:MaxConcurrentRequests", "1").Set("Backends:www:MaxQueuedRequests", "0")
        );
        router.Switch(Hold);
        var reply = router.GetAsync("http://www.example.org/");
        await WaitingAsync(router, 1);

        for (var i = 0; i < 20; i++)
        {
            router.Switch(Live);
            _clock.Advance(TimeSpan.Zero);
            router.Switch(Hold);
            await Eventually.Async(() => router.Held().Waiting.Count == 1 || reply.IsCompleted);
            if (!reply.IsCompleted)
                continue;
            // It was faster than the hold.
            (await reply)
                .Status.Should()
                .Be(200);
            reply = router.GetAsync("http://www.example.org/");
            await WaitingAsync(router, 1);
        }

        await router.SetAsync(Live);
        await ReleasedAsync(router, 1);
        (await reply.InTime()).Status.Should().Be(200);
    }

    [Fact]
    public async Task A_closed_mode_sends_everyone_the_page_and_recovery_releases_the_APIs()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await StartAsync(
            new SiteFile().Frontend("www", backend.Address).Host("www.*", "www").Api("api", backend.Address).Host("api.*", "api")
        );
        await router.SetAsync(Hold);
        var (page, call) = (router.GetAsync("http://www.example.org/page"), router.GetAsync("http://api.example.org/call"));
        await WaitingAsync(router, 2);
        await router.SetAsync(Named("recovery"));
        _clock.Advance(TimeSpan.Zero);

        ((await page.InTime()).Status, (await call.InTime()).Status).Should().Be((503, 200));
        backend.Requests.Single().Target.Should().Be("/call");

        await router.SetAsync(Hold);
        var both = new[] { router.GetAsync("http://www.example.org/"), router.GetAsync("http://api.example.org/") };
        await WaitingAsync(router, 2);
        await router.SetAsync(ModeCatalogue.Closed);
        _clock.Advance(TimeSpan.Zero);
        (await Task.WhenAll(both).InTime()).Should().OnlyContain(reply => reply.Status == 503);
        backend.Requests.Should().HaveCount(1);
    }

    [Fact]
    public async Task The_mode_that_follows_automatically_closes_the_site_unless_it_was_opened()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await StartAsync(SiteFile.Of("www.*", backend.Address).Set("Hold:Timeout", "60s"));
        await router.SetAsync(
            new ModeChange
            {
                Mode = Hold,
                Then = ModeCatalogue.Closed,
                After = TimeSpan.FromSeconds(30),
            }
        );
        var reply = router.GetAsync("http://www.example.org/");
        await WaitingAsync(router, 1);
        router.Held().OverdueIn(router.Modes().State, _clock.GetUtcNow().AddHours(1)).Should().Be(TimeSpan.Zero, "it ends by itself");

        _clock.Advance(TimeSpan.FromSeconds(30));
        _clock.Advance(TimeSpan.Zero);

        router.Modes().Current.Should().Be(ModeCatalogue.Closed);
        (await reply.InTime()).Status.Should().Be(503);
    }

    [Fact]
    public async Task A_stop_sends_a_response_to_every_waiting_client()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await StartAsync(SiteFile.Of("www.*", backend.Address));
        await router.SetAsync(Hold);
        var replies = Enumerable.Range(0, 20).Select(_ => router.GetAsync("http://www.example.org/")).ToArray();
        await WaitingAsync(router, 20);

        var stop = router.App.StopAsync();

        (await Task.WhenAll(replies).InTime()).Should().OnlyContain(reply => reply.Status == 503);
        await stop.InTime();
        backend.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task A_request_that_waits_for_its_turn_at_a_backend_when_the_site_is_held_continues_afterwards()
    {
        await using var backend = RawBackend.Start();
        await using var router = await StartAsync(SiteFile.Of("www.*", backend).Set("Backends:www:MaxConcurrentRequests", "1"));
        var first = router.GetAsync("http://www.example.org/1");
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        var second = router.SendAsync("POST", "http://www.example.org/2", new StringContent("hello"));
        await Eventually.Async(() => router.Site.Backends[0].InFlight == 2);

        await router.SetAsync(Hold);
        await WaitingAsync(router, 1);
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        (await first.InTime()).Status.Should().Be(200, "what was on its way is finished");
        await router.SetAsync(Live);
        await ReleasedAsync(router, 1);

        (await connection.ReadMessageAsync())!.Body.Should().Be("hello");
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        (await second.InTime()).Status.Should().Be(200);
    }

    [Fact]
    public async Task A_WebSocket_handshake_waits_and_an_open_WebSocket_is_closed()
    {
        const string asking =
            "GET /ws HTTP/1.1\r\nHost: www.example.org\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        const string agreeing =
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
        await using var backend = RawBackend.Start();
        await using var router = await StartAsync(SiteFile.Of("www.*", backend));
        using var open = await router.ConnectAsync();
        await open.WriteAsync(asking);
        using var accepted = await backend.AcceptAsync();
        await accepted.ReadHeadAsync();
        await accepted.WriteAsync(agreeing);
        await open.ReadHeadAsync();

        await router.SetAsync(Hold);
        using var handshake = await router.ConnectAsync();
        await handshake.WriteAsync(asking);
        await WaitingAsync(router, 1);
        var ended = open.ReadToEndAsync();
        // Its end has several steps, and each sets its timer when the one before is done.
        await Eventually.Async(() =>
        {
            _clock.Advance(TimeSpan.FromMilliseconds(100));
            return ended.IsCompleted;
        });
        await ended;

        await router.SetAsync(Live);
        await ReleasedAsync(router, 1);
        using var later = await backend.AcceptAsync();
        await later.ReadHeadAsync();
        await later.WriteAsync(agreeing);
        (await handshake.ReadHeadAsync()).Should().StartWith("HTTP/1.1 101");
    }

    [Fact]
    public async Task Waiting_does_not_count_towards_a_rate_limit()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await StartAsync(
            SiteFile
                .Of("www.*", backend.Address)
                .Set("RateLimits:held:Rate", "1")
                .Set("RateLimits:held:Burst", "3")
                .Set("Hosts:www.*:RateLimits", "held")
        );
        await router.SetAsync(Hold);
        var replies = Enumerable.Range(0, 4).Select(_ => router.GetAsync("http://www.example.org/")).ToArray();
        await WaitingAsync(router, 4);

        (await router.GetAsync("http://www.example.org/")).Status.Should().Be(429, "the limit applies when a request arrives");
        await router.SetAsync(Live);
        await ReleasedAsync(router, 4);

        (await Task.WhenAll(replies).InTime()).Should().OnlyContain(reply => reply.Status == 200);
    }

    [Fact]
    public async Task A_hold_past_its_limit_is_reported()
    {
        await using var router = await StartAsync(
            OperatorClient.With(SiteFile.Of("www.*", "http://127.0.0.1:9").Set("Hold:Timeout", "30s"))
        );
        using var operators = new OperatorClient(router);
        await router.SetAsync(Hold);

        _clock.Advance(TimeSpan.FromSeconds(30));
        router.Held().OverdueIn(router.Modes().State, _clock.GetUtcNow()).Should().Be(TimeSpan.Zero);
        _clock.Advance(TimeSpan.FromSeconds(12));

        router.Held().OverdueIn(router.Modes().State, _clock.GetUtcNow()).Should().Be(TimeSpan.FromSeconds(12));
        (await operators.SendAsync("GET", "/fleet")).Body["notes"]!
            .ToString()
            .Should()
            .Contain("hold has lasted 12 s longer than a request may wait");
    }

    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 22, 0, 0, TimeSpan.Zero);

    private Task<RunningRouter> StartAsync(SiteFile site) => RunningRouter.StartAsync(site, _clock);

    private static Mode Named(string name) => ModeCatalogue.All.Single(mode => mode.Name == name);

    private static Task WaitingAsync(RunningRouter router, int count) => Eventually.Async(() => router.Held().Waiting.Count == count);

    // Lets time pass until so many have been released.
    private Task ReleasedAsync(RunningRouter router, int count)
    {
        var left = router.Held().Waiting.Count - count;
        return Eventually.Async(() =>
        {
            _clock.Advance(HeldRequests.Tick);
            return router.Held().Waiting.Count <= left;
        });
    }
}
