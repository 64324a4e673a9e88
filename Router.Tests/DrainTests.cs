using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Router.Configuration;
using Router.Http;
using Router.Modes;
using Router.Proxy;
using Router.Proxy.InFlight;
using Router.Switching;

namespace Router.Tests;

public sealed class DrainTests
{
    private const string Get = "GET /slow/page?secret=1 HTTP/1.1\r\nHost: www.example.org\r\n\r\n";
    private const string Post =
        "POST /save?secret=1 HTTP/1.1\r\nHost: www.example.org\r\nX-B3-TraceId: 463ac35c9f6413ad\r\nContent-Length: 2\r\n\r\nhi";
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private const string Asking =
        "GET /ws?token=1 HTTP/1.1\r\nHost: www.example.org\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    private const string Agreeing =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

    private static readonly Mode Maintenance = ModeCatalogue.Closed;

    [Fact]
    public async Task A_request_in_flight_at_the_switch_finishes_and_is_named_until_then()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        using var client = await router.ConnectAsync();
        await client.WriteAsync(Get);
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        router.Blocking().Should().BeEmpty("an open site closes nothing");

        router.Switch(Maintenance);
        var held = router.Blocking().Should().ContainSingle().Subject;
        (held.Backend, held.Method, held.Host, held.Path, held.IsUpgraded)
            .Should()
            .Be(("www", "GET", "www.example.org", "/slow/page", false));
        (await router.GetAsync("http://www.example.org/")).Status.Should().Be(503, "what comes after the switch meets the closed site");
        await connection.WriteAsync(Ok);

        (await client.ReadMessageAsync())!.Status.Should().Be(200);
        (await router.Log.NextAsync("nothing is in flight to what maintenance closes")).Should().Contain("Cut: 0");
        router.Blocking().Should().BeEmpty();
    }

    [Fact]
    public async Task A_request_that_comes_when_the_site_has_just_opened_is_not_cut_by_the_closing_before()
    {
        // It accepts a connection and says nothing: what is admitted waits for the handshake of TLS and has yet to be sent.
        await using var backend = RawBackend.Start();
        var time = new ManualClock();
        var hesitant = new HesitantClock(time);
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", $"https://{backend.Authority}"), hesitant);
        using var client = await router.ConnectAsync();
        var opens = time.GetUtcNow().AddMinutes(1);
        router
            .Modes()
            .Offer(
                new ModeRecord
                {
                    Version = new(7),
                    Steps =
                    [
                        new ModeStep { Mode = Maintenance, Made = new(7) },
                        new ModeStep
                        {
                            Mode = new LiveMode(),
                            Made = new(7),
                            At = opens,
                        },
                    ],
                }
            );
        var drain = router.App.Services.GetRequiredService<Drain>();

        hesitant.Hesitate(() =>
        {
            time.Advance(TimeSpan.FromMinutes(2));
            Task.Run(async () =>
                {
                    await client.WriteAsync(Get);
                    await Eventually.Async(() => backend.Connections == 1);
                })
                .GetAwaiter()
                .GetResult();
        });

        drain.Poll().Should().BeFalse("the site is open");
        router.App.Services.GetRequiredService<InFlightRequests>().CutCount.Should().Be(0);
        backend.Connections.Should().Be(1, "it was admitted");
    }

    [Fact]
    public async Task A_request_that_is_not_yet_admitted_counts_as_in_flight_and_is_left_to_the_mode()
    {
        var time = new ManualClock();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://backend.invalid"), time);
        var inFlight = router.App.Services.GetRequiredService<InFlightRequests>();
        var arriving = new RequestContext(time);
        inFlight.Add(arriving, router.Site.Backends[0]);

        router.Switch(Maintenance);

        inFlight.BlockingFor(router.Modes().State).Should().Equal(arriving);
        inFlight.ClosedBy(router.Modes().State).Should().BeEmpty("the mode that admits it may be one that lets it through");
        inFlight.Remove(arriving);
    }

    [Fact]
    public async Task Only_what_the_mode_closes_counts_as_in_flight()
    {
        await using var frontend = RawBackend.Start();
        await using var api = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(
            new SiteFile().Frontend("www", frontend.Address).Host("www.*", "www").Api("api", api.Address).Host("api.*", "api")
        );
        using var page = await router.ConnectAsync();
        using var call = await router.ConnectAsync();
        await page.WriteAsync(Get);
        await call.WriteAsync(Get.Replace("www.", "api.", StringComparison.Ordinal));
        using var one = await frontend.AcceptAsync();
        using var other = await api.AcceptAsync();

        router.Switch(ModeCatalogue.All.Single(mode => mode.Name == "recovery"));
        router.Blocking().Select(held => held.Backend).Should().Equal("www");
        router.Switch(Maintenance);
        router.Blocking().Select(held => held.Backend).Should().BeEquivalentTo("www", "api");
        router.Switch(ModeCatalogue.All.Single(mode => mode.Name == "read-only"));
        router.Blocking().Should().BeEmpty("reading is open in read-only");
    }

    [Fact]
    public async Task A_request_in_flight_at_the_drain_limit_is_cut_and_its_response_says_that_the_outcome_is_unknown()
    {
        var clock = new ManualClock();
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", backend).Set("ModeStore:DrainLimit", "20s").Set("Backends:www:WriteSettleTime", "45s"),
            clock
        );
        using var client = await router.ConnectAsync();
        await client.WriteAsync(Post);
        using var connection = await backend.AcceptAsync();
        await connection.ReadMessageAsync();

        router.Switch(Maintenance);
        clock.Advance(TimeSpan.FromSeconds(19));
        router.Drain().Poll().Should().BeTrue();
        router.Blocking().Should().ContainSingle();
        clock.Advance(TimeSpan.FromSeconds(1));
        router.Drain().Poll();

        var response = await client.ReadMessageAsync();
        response!.Status.Should().Be(503);
        response.Body.Should().Contain("may or may not");
        var write = router.Uncertain().Should().ContainSingle().Subject;
        (write.Backend, write.Method, write.Host, write.Path, write.RequestId, write.Reason, write.ClientStatus)
            .Should()
            .Be(("www", "POST", "www.example.org", "/save", "463ac35c9f6413ad", "cut", 503));
        (write.Time, write.IsIdempotent, write.SettlesAt)
            .Should()
            .Be((clock.GetUtcNow(), false, clock.GetUtcNow() + TimeSpan.FromSeconds(45)));
    }

    [Fact]
    public async Task A_step_can_limit_how_long_requests_in_flight_may_last()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        using var client = await router.ConnectAsync();
        await client.WriteAsync(Get);
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        await client.ReadThroughAsync("half");

        router.Switch(Maintenance, cutAfter: TimeSpan.Zero);

        var (rest, ending) = await client.ReadToEndAsync();
        (rest, ending).Should().Be(("", Ending.Reset), "half a response must not look like a whole one");
        (await router.Log.NextAsync("nothing is in flight to what"))
            .Should()
            .Contain("Cut: 1")
            .And.Contain("unknown outcome: 0", "a GET can be asked again");
    }

    [Fact]
    public async Task A_request_that_waits_for_a_permit_when_the_site_closes_gets_a_response_that_nothing_was_done()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", backend).Set("Backends:www:MaxConcurrentRequests", "1").Set("Backends:www:QueueTimeout", "1m")
        );
        using var first = await router.ConnectAsync();
        await first.WriteAsync(Get);
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        using var second = await router.ConnectAsync();
        await second.WriteAsync(Post);
        await Eventually.Async(() => router.Site.Backends[0].InFlight == 2);

        router.Switch(Maintenance);

        var refused = await second.ReadMessageAsync();
        refused!.Status.Should().Be(503);
        refused.Body.Should().Contain("was not saved and nothing was changed");
        router.Blocking().Select(held => held.Path).Should().Equal("/slow/page");
        await connection.WriteAsync(Ok);
        (await first.ReadMessageAsync())!.Status.Should().Be(200);
        router.Uncertain().Should().BeEmpty();
        connection.Received.Should().NotContain("POST");
        backend.Connections.Should().Be(1);
    }

    [Fact]
    public async Task A_request_that_waits_for_its_connection_when_the_site_closes_is_not_sent()
    {
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://backend.invalid"));
        using var deadline = new RequestDeadline(
            TimeProvider.System,
            router.Site.Backends[0].Settings,
            new DefaultHttpContext(),
            TimeProvider.System.GetTimestamp()
        );
        using var request = new ForwardedRequest(HttpMethod.Post, "/", BackendKind.Frontend, router.Modes(), deadline);
        request.Invoking(sent => sent.EnsureAdmitted()).Should().NotThrow();

        router.Switch(Maintenance);

        request
            .Invoking(sent => sent.EnsureAdmitted())
            .Should()
            .Throw<BackendException>()
            .Which.Should()
            .Match<BackendException>(error => error.Failure == ForwardFailure.Closed && error.NotBegun);
    }

    [Fact]
    public async Task A_rejected_request_does_not_count_as_in_flight_however_slowly_its_response_is_read()
    {
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://backend.invalid").Mode("maintenance"));
        await router.GetAsync("http://www.example.org/");

        router.Site.Backends[0].InFlight.Should().Be(0);
        router.Blocking().Should().BeEmpty();
    }

    [Fact]
    public async Task A_WebSocket_to_a_closed_backend_gets_a_close_frame_on_both_sides()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        var (client, connection) = await OpenAsync(router, backend);
        using (client)
        using (connection)
        {
            router.Switch(Maintenance);

            (await client.ReadExactlyAsync(4)).Should().Be("\u0088\u0002\u0003\u00f4", "1012 is service restart");
            (await connection.ReadExactlyAsync(8))[..2].Should().Be("\u0088\u0082", "a client's frame is masked");
            var held = router.Blocking().Should().ContainSingle().Subject;
            (held.Path, held.IsUpgraded).Should().Be(("/ws", true));
            connection.FinishWriting();
            client.FinishWriting();
            (await router.Log.NextAsync("nothing is in flight to what")).Should().Contain("Cut: 0");
        }
    }

    [Fact]
    public async Task An_upgraded_connection_that_does_not_close_is_cut()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        var (client, connection) = await OpenAsync(router, backend);
        using (client)
        using (connection)
        {
            router.Switch(Maintenance);

            await client.ReadToEndAsync();
            (await router.Log.NextAsync("nothing is in flight to what")).Should().Contain("Cut: 1");
        }
    }

    [Fact]
    public async Task A_connection_that_is_upgraded_after_the_switch_is_closed_too()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        using var client = await router.ConnectAsync();
        await client.WriteAsync(Asking);
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();

        router.Switch(Maintenance);
        await connection.WriteAsync(Agreeing);

        await client.ReadHeadAsync();
        (await client.ReadExactlyAsync(4)).Should().Be("\u0088\u0002\u0003\u00f4");
    }

    [Fact]
    public async Task The_last_write_that_a_backend_accepted_and_completed_is_known()
    {
        var clock = new ManualClock();
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend), clock);
        using var client = await router.ConnectAsync();
        await client.WriteAsync(Get);
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        await connection.WriteAsync(Ok);
        await client.ReadMessageAsync();
        var last = router.Site.Backends[0].LastWrite;
        (last.Accepted, last.Completed).Should().Be((null, null), "a GET changes nothing");

        clock.Advance(TimeSpan.FromSeconds(1));
        var accepted = clock.GetUtcNow();
        await client.WriteAsync(Post);
        await connection.ReadMessageAsync();
        (last.Accepted, last.Completed).Should().Be((accepted, null));
        clock.Advance(TimeSpan.FromSeconds(2));
        await connection.WriteAsync(Ok);
        await client.ReadMessageAsync();
        await Eventually.Async(() => last.Completed is not null);
        (last.Accepted, last.Completed).Should().Be((accepted, clock.GetUtcNow()));
    }

    [Fact]
    public async Task The_open_writes_are_the_requests_with_an_unsafe_method_that_have_begun_and_the_upgraded_connections()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", backend).Set("Backends:www:MaxConcurrentRequests", "3")
        );
        var inFlight = router.App.Services.GetRequiredService<InFlightRequests>();
        var (webSocket, connection) = await OpenAsync(router, backend);
        using (webSocket)
        using (connection)
        {
            using var reader = await router.ConnectAsync();
            await reader.WriteAsync(Get);
            using var reading = await backend.AcceptAsync();
            await reading.ReadHeadAsync();
            using var writer = await router.ConnectAsync();
            await writer.WriteAsync(Post);
            using var writing = await backend.AcceptAsync();
            await writing.ReadMessageAsync();
            using var waiting = await router.ConnectAsync();
            await waiting.WriteAsync(Post);
            await Eventually.Async(() => router.Site.Backends[0].InFlight == 4 && inFlight.Writes().Count == 2);

            inFlight
                .Writes()
                .Select(write => (write.Method, write.Path, write.IsUpgraded))
                .Should()
                .BeEquivalentTo([("GET", "/ws", true), ("POST", "/save", false)]);

            await writing.WriteAsync(Ok);
            (await writer.ReadMessageAsync())!.Status.Should().Be(200);
            router.Uncertain().Should().BeEmpty();
        }
    }

    [Fact]
    public async Task A_write_that_breaks_has_an_unknown_outcome_in_every_mode_and_one_that_never_began_has_not()
    {
        await using var backend = RawBackend.Start();
        using var closed = new ClosedPort();
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", backend).Frontend("closed", closed.Address).Host("closed.*", "closed")
        );
        using var client = await router.ConnectAsync();
        await client.WriteAsync(Post);
        using (var connection = await backend.AcceptAsync())
            await connection.ReadMessageAsync();
        (await client.ReadMessageAsync())!.Status.Should().Be(502);
        router.Uncertain().Should().ContainSingle().Which.ClientStatus.Should().Be(502);

        await client.WriteAsync(Post.Replace("POST", "PUT", StringComparison.Ordinal));
        using (var connection = await backend.AcceptAsync())
            await connection.ReadMessageAsync();
        (await client.ReadMessageAsync())!.Status.Should().Be(502);
        router.Uncertain().Should().HaveCount(2, "a PUT is a write too");
        router.Uncertain().Select(write => (write.Method, write.IsIdempotent)).Should().Equal(("POST", false), ("PUT", true));

        await client.WriteAsync(Post.Replace("www.", "closed.", StringComparison.Ordinal));
        (await client.ReadMessageAsync())!.Status.Should().Be(502);
        router.Uncertain().Should().HaveCount(2, "no connection could be made");
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
}
