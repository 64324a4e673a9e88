using System.Text.Json;

namespace Router.Tests;

public sealed class HealthTests(PlainSite plain, HealthTests.EveryHost everyHost)
    : IClassFixture<PlainSite>,
        IClassFixture<HealthTests.EveryHost>
{
    private const string ApplicationsOwn = "HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\nthe application's own";

    [Theory]
    [InlineData("live")]
    [InlineData("recovery")]
    [InlineData("maintenance")]
    public async Task Health_is_200_in_every_mode_and_says_the_mode_and_since_when(string mode)
    {
        var clock = new ManualClock();
        var started = clock.GetUtcNow();
        await using var router = await RunningRouter.StartAsync(
            SiteFile
                .Of("www.*", "http://www.invalid")
                .Mode(mode)
                .Set("Release", "release-18")
                .Set("Instance", "router-7")
                .Set("Stage", "preview")
                .Set("ApplicationName", "front-door"),
            clock
        );
        clock.Advance(TimeSpan.FromHours(3));

        var reply = await router.GetAsync("http://10.0.0.1:8080/_status");

        reply.Status.Should().Be(200);
        reply.Value("Content-Type").Should().StartWith("application/json");
        reply.Value("Cache-Control").Should().Be("no-store");
        using var document = JsonDocument.Parse(reply.Body);
        var status = document.RootElement;
        status.GetProperty("status").GetString().Should().Be("ok");
        status.GetProperty("mode").GetString().Should().Be(mode);
        status.GetProperty("since").GetDateTimeOffset().Should().Be(started);
        status.GetProperty("release").GetString().Should().Be("release-18");
        status.GetProperty("instance").GetString().Should().Be("router-7");
        status.GetProperty("stage").GetString().Should().Be("preview");
        status.GetProperty("application").GetString().Should().Be("front-door");
    }

    [Fact]
    public async Task Health_lists_each_backend_as_it_was_last_seen()
    {
        await using var good = WireMockBackend.RespondingText("hello");
        using var closed = new ClosedPort();
        await using var router = await RunningRouter.StartAsync(
            new SiteFile()
                .Frontend("good", good.Address)
                .Host("good.*", "good")
                .Api("bad", closed.Address)
                .Host("bad.*", "bad")
                .Frontend("unasked")
                .Host("unasked.*", "unasked")
        );
        await router.GetAsync("http://good.example.org/");
        await router.GetAsync("http://bad.example.org/");

        var backends = await BackendsAsync(router, "/_status");

        backends["good"].GetProperty("kind").GetString().Should().Be("frontend");
        backends["good"].GetProperty("reachable").GetBoolean().Should().BeTrue();
        backends["good"].TryGetProperty("at", out _).Should().BeTrue();
        backends["bad"].GetProperty("kind").GetString().Should().Be("api");
        backends["bad"].GetProperty("reachable").GetBoolean().Should().BeFalse();
        backends["bad"].GetProperty("failure").GetString().Should().Be("connect_failed");
        backends["unasked"].TryGetProperty("reachable", out _).Should().BeFalse("nobody has asked it yet");
    }

    [Fact]
    public async Task A_backend_that_responds_again_is_reachable_again()
    {
        var broken = 1;
        await using var backend = RawBackend.Start(async connection =>
        {
            await connection.ReadMessageAsync();
            await connection.WriteAsync(
                Interlocked.Exchange(ref broken, 0) == 1 ? "nonsense\r\n\r\n" : "HTTP/1.1 500 Oh Dear\r\nContent-Length: 0\r\n\r\n"
            );
            connection.Dispose();
        });
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));

        await router.GetAsync("http://www.example.org/");
        (await BackendsAsync(router, "/_status"))["www"].GetProperty("reachable").GetBoolean().Should().BeFalse();
        await router.GetAsync("http://www.example.org/");
        (await BackendsAsync(router, "/_status"))["www"].GetProperty("reachable").GetBoolean().Should().BeTrue("a response is a response");
    }

    [Fact]
    public async Task Health_contacts_no_backend_and_counts_requests_in_flight()
    {
        await using var silent = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", silent));
        using var client = await router.ConnectAsync();
        await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        using var atBackend = await silent.AcceptAsync();

        var backends = await BackendsAsync(router, "/_status");

        backends["www"].GetProperty("inFlight").GetInt32().Should().Be(1);
        silent.Connections.Should().Be(1, "the health check asks no backend");
    }

    [Theory]
    [InlineData("/_status?ignore-dependencies")]
    [InlineData("/_status?ignore-dependencies=true")]
    [InlineData("/_status?a=b&ignore-dependencies=1")]
    public async Task Health_ignores_the_backends_on_request(string target)
    {
        var reply = await plain.Router.GetAsync("http://localhost" + target);

        reply.Status.Should().Be(200);
        using var document = JsonDocument.Parse(reply.Body);
        document.RootElement.TryGetProperty("backends", out _).Should().BeFalse();
    }

    [Theory]
    [InlineData("/_status")]
    [InlineData("/_metrics")]
    public async Task On_a_routed_host_these_paths_belong_to_the_application(string path)
    {
        plain.Backend.RespondWith(ApplicationsOwn);

        (await plain.Router.GetAsync($"http://www.example.org{path}?x")).Body.Should().Be("the application's own");
        plain.Backend.OnlyRequest.Target.Should().Be($"{path}?x");
    }

    [Theory]
    [InlineData("/_status")]
    [InlineData("/_metrics")]
    public async Task On_a_host_that_a_mode_closes_these_paths_are_closed_too(string path)
    {
        await using var site = await SmallSite.InAsync("maintenance");

        (await site.Router.GetAsync($"http://www.example.org{path}")).Status.Should().Be(503);
        (await site.Router.GetAsync($"http://anything.example.org{path}")).Status.Should().Be(200);
        site.Reached.Should().Be(0);
    }

    [Theory]
    [InlineData("/_status")]
    [InlineData("/_metrics")]
    public async Task Where_every_host_is_routed_these_paths_remain_Routers_own(string path)
    {
        everyHost.Backend.RespondWith(ApplicationsOwn);

        (await everyHost.Router.GetAsync($"http://10.0.0.1{path}")).Body.Should().NotBe("the application's own");
        (await everyHost.Router.GetAsync("http://10.0.0.1/other")).Body.Should().Be("the application's own");
    }

    [Fact]
    public async Task HEAD_of_health_has_the_headers_of_GET_and_no_body()
    {
        var get = await plain.Router.SendRawAsync("GET /_status HTTP/1.1\r\nHost: localhost\r\n\r\n");
        using var client = await plain.Router.ConnectAsync();

        await client.WriteAsync("HEAD /_status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        var head = new RawMessage(await client.ReadHeadAsync());

        head.Status.Should().Be(200);
        head.Value("Content-Length").Should().Be(get.Value("Content-Length"));
        (await client.ReadToEndAsync()).Text.Should().BeEmpty();
    }

    private static async Task<Dictionary<string, JsonElement>> BackendsAsync(RunningRouter router, string target)
    {
        using var document = JsonDocument.Parse((await router.GetAsync("http://localhost" + target)).Body);
        return document
            .RootElement.GetProperty("backends")
            .EnumerateArray()
            .ToDictionary(backend => backend.GetProperty("name").GetString()!, backend => backend.Clone());
    }

    /// <summary>A site that routes every host.</summary>
    public sealed class EveryHost() : SharedSite(address => SiteFile.Of("*", address));
}
