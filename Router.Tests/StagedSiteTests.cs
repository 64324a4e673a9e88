using System.Globalization;
using System.Net;
using Router.Configuration;
using Router.Modes;

namespace Router.Tests;

/// <summary>What clients see while the site is reopened in stages.</summary>
public sealed class StagedSiteTests
{
    private static readonly Reopening Quarter = new()
    {
        Closed = ModeCatalogue.Closed,
        To = ModeCatalogue.All[0],
        Window = "2026-01-01T22:00:00Z/7",
        Shares = [25, 100],
        Every = TimeSpan.FromMinutes(2),
        FallBackAbove = 2,
        AtLeast = 200,
    };

    [Fact]
    public async Task A_client_sees_the_site_or_the_page_and_the_same_one_on_three_instances()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        var mode = new ReopeningMode(Quarter);
        var routers = new List<RunningRouter>();
        try
        {
            for (var i = 0; i < 3; i++)
            {
                var router = await RunningRouter.StartAsync(Site(backend.Address));
                routers.Add(router);
                router.Switch(mode);
            }

            var open = 0;
            foreach (var client in Enumerable.Range(0, 120).Select(i => string.Create(CultureInfo.InvariantCulture, $"198.51.100.{i}")))
            {
                var isIn = mode.IsOpenTo(IPAddress.Parse(client), BackendKind.Frontend);
                open += isIn ? 1 : 0;
                foreach (var router in routers.Concat(routers))
                {
                    var reply = await GetAsync(router, "www", client);
                    (reply.Status, reply.Value("X-Router-Closed") is not null).Should().Be(isIn ? (200, false) : (503, true), client);
                }
            }

            open.Should().BeInRange(15, 50, "about a quarter of 120");
            backend.Requests.Should().HaveCount(open * 6, "nothing else reached the backend");
        }
        finally
        {
            foreach (var router in routers)
                await router.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_others_get_the_page_of_the_closed_mode()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await RunningRouter.StartAsync(Site(backend.Address));
        router.Switch(new ReopeningMode(Quarter));

        var reply = await router.GetAsync("http://www.example.org/", ("X-Forwarded-For", Outside()), ("Accept", "application/json"));

        reply.Status.Should().Be(503);
        reply.Body.Should().Contain("\"mode\":\"maintenance\"").And.Contain("\"forwarded\":false");
        (await router.GetAsync("http://unknown.example.org/", ("X-Forwarded-For", Outside()))).Status.Should().Be(503);
        (await router.GetAsync("http://unknown.example.org/", ("X-Forwarded-For", Inside()))).Status.Should().Be(404);
    }

    [Theory]
    [InlineData(false, "maintenance", 503)]
    [InlineData(true, "maintenance", 200)]
    [InlineData(false, "recovery", 200)]
    public async Task The_APIs_stay_as_they_were_unless_they_are_first(bool apisFirst, string closed, int status)
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await RunningRouter.StartAsync(Site(backend.Address));
        ModeCatalogue.TryFind(closed, out var mode).Should().BeTrue();
        router.Switch(new ReopeningMode(Quarter with { ApisFirst = apisFirst, Closed = mode! }));

        (await GetAsync(router, "api", Inside())).Status.Should().Be(status);
        (await GetAsync(router, "api", Outside())).Status.Should().Be(status);
        (await GetAsync(router, "www", Inside())).Status.Should().Be(200);
        (await GetAsync(router, "www", Outside())).Status.Should().Be(503);
    }

    [Fact]
    public async Task Explain_says_on_which_side_a_client_is_and_why()
    {
        await using var router = await RunningRouter.StartAsync(OperatorClient.With(Site("http://127.0.0.1:9")));
        using var operators = new OperatorClient(router);
        router.Switch(new ReopeningMode(Quarter));

        (await ExplainAsync("www", Inside()))
            .Should()
            .Contain($"{Inside()} is one of the 25 % of clients who are let in: live applies")
            .And.Contain("live allows GET to the frontend");
        (await ExplainAsync("www", Outside()))
            .Should()
            .Contain($"{Outside()} is not one of the 25 % of clients who are let in: maintenance applies")
            .And.Contain("maintenance closes the frontend for GET");
        (await ExplainAsync("api", Inside())).Should().Contain("the APIs open in the last stage: maintenance applies");

        async Task<string> ExplainAsync(string host, string client) =>
            (await operators.SendAsync("GET", $"/explain?url=http://{host}.example.org/&client={client}")).Body.ToJsonString();
    }

    [Fact]
    public async Task A_request_of_a_stage_is_drained_when_the_site_closes_again_and_not_before()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(Site(backend.Address));
        router.Switch(new ReopeningMode(Quarter));
        using var client = await router.ConnectAsync();
        await client.WriteAsync(
            $"POST /save HTTP/1.1\r\nHost: www.example.org\r\nX-Forwarded-For: {Inside()}\r\nContent-Length: 0\r\n\r\n"
        );
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        router.Blocking().Should().BeEmpty();

        router.Switch(ModeCatalogue.Closed, cutAfter: TimeSpan.FromMinutes(1));

        router.Blocking().Should().ContainSingle().Which.Path.Should().Be("/save");
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        (await client.ReadMessageAsync())!.Status.Should().Be(200);
        await Eventually.Async(() => router.Blocking().Count == 0);
    }

    [Fact]
    public async Task A_request_that_waits_for_its_turn_does_not_reach_a_site_that_has_closed_again()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(
            Site(backend.Address).Set("Backends:www:MaxConcurrentRequests", "1").Set("Backends:www:QueueTimeout", "1m")
        );
        router.Switch(new ReopeningMode(Quarter));
        using var first = await router.ConnectAsync();
        await first.WriteAsync($"GET /one HTTP/1.1\r\nHost: www.example.org\r\nX-Forwarded-For: {Inside()}\r\n\r\n");
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        using var second = await router.ConnectAsync();
        await second.WriteAsync($"GET /two HTTP/1.1\r\nHost: www.example.org\r\nX-Forwarded-For: {Inside()}\r\n\r\n");
        await Eventually.Async(() => router.Site.Backends.Single(backend => backend.Settings.Name == "www").InFlight == 2);

        router.Switch(ModeCatalogue.Closed, cutAfter: TimeSpan.FromMinutes(1));

        var reply = (await second.ReadMessageAsync())!;
        (reply.Status, reply.Value("X-Router-Closed")).Should().Be((503, "1"));
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        (await first.ReadMessageAsync())!.Status.Should().Be(200);
        backend.Connections.Should().Be(1);
    }

    [Fact]
    public async Task The_metrics_have_the_stage_its_share_its_requests_and_its_errors()
    {
        var status = "200 OK";
        await using var backend = RawBackend.Start(async connection =>
        {
            while (await connection.ReadMessageAsync() is not null)
                await connection.WriteAsync($"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
        });
        await using var router = await RunningRouter.StartAsync(Site(backend.Address));
        router.Switch(new ReopeningMode(Quarter));
        await GetAsync(router, "www", Inside());
        await GetAsync(router, "www", Outside());
        status = "500 Broken";
        await GetAsync(router, "www", Inside());
        // A request is counted when it has ended, which its client does not wait for.
        for (var i = 0; i < 3; i++)
            await router.AccessLog.NextAsync();

        await HasAsync(
            "router_reopening_stage 1",
            "router_reopening_share 0.25",
            "router_reopening_requests 2",
            "router_reopening_failures 1",
            "router_reopening_fell_back 0",
            "router_mode{mode=\"reopening\"} 1",
            "router_mode{mode=\"maintenance\"} 0"
        );

        async Task HasAsync(params string[] lines)
        {
            var text = (await router.GetAsync("http://localhost/_metrics")).Body;
            foreach (var line in lines)
            {
                var (name, value) = (line.Split(' ')[0], line.Split(' ')[1]);
                var label = name.EndsWith('}') ? name[(name.IndexOf('{') + 1)..^1] : "";
                text.Should().MatchRegex($"(?m)^{name.Split('{')[0]}\\{{[^}}]*{label}[^}}]*\\}} {value}( |$)", line);
            }
        }
    }

    [Fact]
    public async Task Errors_of_the_stages_are_listed_by_member()
    {
        await using var router = await RunningRouter.StartAsync(OperatorClient.With(Site("http://127.0.0.1:9")).Mode("maintenance"));
        using var operators = new OperatorClient(router);

        (
            await SetAsync(
                "{\"mode\":\"live\",\"stages\":\"5%,x\",\"every\":\"soon\",\"fallBackAbove\":\"much\",\"atLeast\":1.5,\"apis\":\"never\"}"
            )
        )
            .Should()
            .ContainAll("stages: has 'x'", "every: is 'soon'", "fallBackAbove: has 'much'", "atLeast: is 1.5", "apis: is 'never'");
        (await SetAsync("{\"mode\":\"live\",\"every\":\"2m\",\"atLeast\":3}"))
            .Should()
            .ContainAll("every: is given without stages", "atLeast: is given without stages");
        (await operators.SendAsync("POST", "/mode/stages", "{\"action\":\"stop\"}"))
            .Body.ToJsonString()
            .Should()
            .Contain("action: is \\u0027stop\\u0027. Send advance, pause or resume");
        (await operators.SendAsync("POST", "/mode/stages", "{\"action\":\"advance\"}")).Status.Should().Be(400);
        router.Modes().Current.Should().Be(ModeCatalogue.Closed);

        async Task<string> SetAsync(string json)
        {
            var (status, body) = await operators.SendAsync("PUT", "/mode", json);
            status.Should().Be(400);
            return body["detail"]!.ToString();
        }
    }

    private static string Inside() => First(isIn: true);

    private static string Outside() => First(isIn: false);

    private static string First(bool isIn)
    {
        var mode = new ReopeningMode(Quarter);
        return Enumerable
            .Range(1, 200)
            .Select(i => string.Create(CultureInfo.InvariantCulture, $"203.0.113.{i}"))
            .First(client => mode.IsOpenTo(IPAddress.Parse(client), BackendKind.Frontend) == isIn);
    }

    private static Task<Reply> GetAsync(RunningRouter router, string host, string client) =>
        router.GetAsync($"http://{host}.example.org/", ("X-Forwarded-For", client));

    private static SiteFile Site(string address) =>
        new SiteFile()
            .Frontend("www", address)
            .Api("api", address)
            .Host("www.*", "www")
            .Host("api.*", "api")
            .Set("TrustedProxies", "127.0.0.1");
}
