using Router.Configuration;
using Router.Modes;

namespace Router.Tests;

/// <summary>A page that was served while the site was open is whole: its static files still pass for a moment after the closing.</summary>
public sealed class AssetGraceTests(AssetGraceTests.Closed closed) : IClassFixture<AssetGraceTests.Closed>
{
    private readonly ManualClock _clock = new();

    [Theory]
    [InlineData("GET", "/static/site.css", 200)]
    [InlineData("HEAD", "/static/site.css", 200)]
    [InlineData("POST", "/static/site.css", 503)]
    [InlineData("GET", "/", 503)]
    [InlineData("GET", "/staticx", 503)]
    public async Task After_the_closing_static_files_pass_and_nothing_else_does(string method, string path, int status)
    {
        if (method == "HEAD")
            closed.Backend.RespondWith("HTTP/1.1 200 OK\r\n\r\n");
        else
            closed.Backend.Forget();

        (await closed.Router.SendAsync(method, $"http://www.example.org{path}")).Status.Should().Be(status);

        closed.Backend.Requests.Count.Should().Be(status == 200 ? 1 : 0);
    }

    [Fact]
    public async Task The_grace_ends_and_its_requests_are_counted_but_are_not_in_flight()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(Site(backend.Address), _clock);
        Close(router);
        using var client = await router.ConnectAsync();
        await client.WriteAsync("GET /static/site.css HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();

        router.Blocking().Should().BeEmpty("a file is no work on the database");
        (await router.GetAsync("http://localhost/_metrics"))
            .Body.Should()
            .MatchRegex("router_exempted_total\\{[^}]*exemption=\"asset_grace\"\\} [1-9]");
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        (await client.ReadMessageAsync())!.Status.Should().Be(200);

        _clock.Advance(TimeSpan.FromSeconds(60));

        (await router.GetAsync("http://www.example.org/static/site.css")).Status.Should().Be(503);
    }

    [Fact]
    public async Task It_also_applies_where_the_mode_came_from_the_environment_at_the_start()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await RunningRouter.StartAsync(Site(backend).Mode("maintenance"), _clock);

        (await router.GetAsync("http://www.example.org/static/site.css")).Status.Should().Be(200);
        _clock.Advance(TimeSpan.FromSeconds(60));
        (await router.GetAsync("http://www.example.org/static/site.css")).Status.Should().Be(503);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("off")]
    public async Task It_can_be_switched_off(string grace)
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await RunningRouter.StartAsync(Site(backend).Set("AssetGrace", grace), _clock);
        Close(router);

        (await router.GetAsync("http://www.example.org/static/site.css")).Status.Should().Be(503);
    }

    [Fact]
    public void The_grace_starts_once_per_window_when_the_frontends_close()
    {
        var record = new ModeRecord { Version = new(1), Steps = [new ModeStep { Mode = Named("live") }] };
        var now = _clock.GetUtcNow();
        var closing = ModeChanges.Apply(
            record,
            0,
            new ModeChange { Mode = Named("maintenance"), ReadOnlyBefore = TimeSpan.FromMinutes(10) },
            now,
            TimeSpan.FromSeconds(2),
            new ValidationErrors()
        )!;
        closing.Steps.Select(step => step.FrontendsOpenUntil).Should().Equal(null, null, now.AddMinutes(10).AddSeconds(2));

        var recovering = ModeChanges.Apply(
            closing,
            2,
            new ModeChange { Mode = Named("recovery") },
            now.AddHours(1),
            TimeSpan.FromSeconds(2),
            new ValidationErrors()
        )!;
        recovering.Steps[^1].FrontendsOpenUntil.Should().Be(closing.Steps[^1].FrontendsOpenUntil);

        ModeChanges
            .Apply(
                recovering,
                1,
                new ModeChange { Mode = Named("live") },
                now.AddHours(2),
                TimeSpan.FromSeconds(2),
                new ValidationErrors()
            )!
            .Steps[^1]
            .FrontendsOpenUntil.Should()
            .BeNull();
    }

    [Fact]
    public async Task A_window_of_more_than_a_day_is_a_warning_in_the_status_the_log_and_a_metric()
    {
        await using var router = await RunningRouter.StartAsync(Site("http://127.0.0.1:9").Mode("maintenance"), _clock);
        (await router.GetAsync("http://localhost/_status")).Body.Should().NotContain("modeWarning");

        _clock.Advance(TimeSpan.FromHours(24) + TimeSpan.FromSeconds(1));

        (await router.GetAsync("http://localhost/_status"))
            .Body.Should()
            .Contain("\"modeWarning\": \"The site has been closed for more than 24 hours");
        (await router.Log.NextAsync("closed for more than 24 hours")).Should().StartWith("Warning");
        // Every router of this process shares the gauge: whose value is shown is not certain.
        (await router.GetAsync("http://localhost/_metrics"))
            .Body.Should()
            .Contain("router_mode_window_age_seconds{");
        router.Modes().State.WindowAgeAt(_clock.GetUtcNow()).Should().Be(TimeSpan.FromSeconds(86_401));
    }

    private static SiteFile Site(WireMockBackend backend) => Site(backend.Address);

    private static SiteFile Site(string address) =>
        SiteFile.Of("www.*", address).Path("www.*", "/static").Set("Hosts:www.*:Paths:/static:Static", "true");

    private static Mode Named(string name) => ModeCatalogue.All.Single(mode => mode.Name == name);

    private static void Close(RunningRouter router)
    {
        var now = router.Clock.GetUtcNow();
        var record = ModeChanges.Apply(
            router.Modes().State.Record,
            0,
            new ModeChange { Mode = Named("maintenance") },
            now,
            TimeSpan.Zero,
            new ValidationErrors()
        )!;
        router.Modes().Offer(record).Should().BeTrue();
    }

    /// <summary>A site that has just closed, by a clock that stands still.</summary>
    public sealed class Closed : IAsyncLifetime
    {
        internal RecordingBackend Backend { get; } = new();

        internal RunningRouter Router { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Router = await RunningRouter.StartAsync(Site(Backend.Address), new ManualClock());
            Close(Router);
        }

        public async Task DisposeAsync()
        {
            await Router.DisposeAsync();
            await Backend.DisposeAsync();
        }
    }
}
