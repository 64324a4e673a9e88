using System.Globalization;
using Router.Configuration;

namespace Router.Tests;

public sealed class ModesTests(ModesTests.Sites sites) : IClassFixture<ModesTests.Sites>
{
    public static TheoryData<string, string, string> WhatEachModeReaches =>
        new()
        {
            // mode, host, what responds
            { "live", "www.example.org", "www" },
            { "live", "assets.example.org", "assets" },
            { "live", "api.example.org", "api" },
            { "live", "elsewhere.example.org", "404" },
            { "recovery", "www.example.org", "page" },
            { "recovery", "assets.example.org", "page" },
            { "recovery", "api.example.org", "api" },
            { "recovery", "elsewhere.example.org", "page" },
            { "maintenance", "www.example.org", "page" },
            { "maintenance", "assets.example.org", "page" },
            { "maintenance", "api.example.org", "problem" },
            { "maintenance", "elsewhere.example.org", "page" },
        };

    [Theory]
    [MemberData(nameof(WhatEachModeReaches))]
    public async Task A_mode_reaches_what_it_says_with_every_method(string mode, string host, string who)
    {
        var site = sites.In(mode);
        var reached = site.Reached;

        foreach (var method in new[] { "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND" })
        {
            var reply = await site.Router.SendAsync(method, $"http://{host}/some/page?x=1");

            switch (who)
            {
                case "404":
                    reply.Status.Should().Be(404, method);
                    reply.Values("X-Application").Should().BeEmpty();
                    break;
                case "page":
                    reply.Status.Should().Be(503, method);
                    reply.Value("Content-Type").Should().StartWith("text/html");
                    reply.Body.Should().Contain("Sorry, the service is unavailable");
                    break;
                case "problem":
                    reply.Status.Should().Be(503, method);
                    reply.Value("Content-Type").Should().StartWith("application/problem+json");
                    break;
                default:
                    reply.Status.Should().Be(200, method);
                    reply.Body.Should().Be(who);
                    break;
            }
        }

        if (who is "404" or "page" or "problem")
            site.Reached.Should().Be(reached);
    }

    [Fact]
    public async Task In_maintenance_not_one_request_reaches_a_backend()
    {
        await using var backend = WireMockBackend.RespondingText("never");
        await using var router = await RunningRouter.StartAsync(
            new SiteFile()
                .Mode("maintenance")
                .Frontend("www", backend.Address)
                .Host("www.*", "www")
                .Api("api", backend.Address)
                .Host("api.*", "api")
                .Frontend("rest", backend.Address)
                .Host("*", "rest")
        );

        foreach (var host in new[] { "www.example.org", "WWW.EXAMPLE.ORG.", "api.example.org:80", "other.example.org" })
        {
            foreach (var target in new[] { "/", "/a/b", "/x/_status", "//", "/%2F..%2Fa", "/a?_metrics" })
            {
                foreach (var method in new[] { "GET", "HEAD", "POST", "DELETE", "OPTIONS", "BREW" })
                {
                    var reply = await router.SendRawAsync(
                        $"{method} {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n",
                        hasBody: false
                    );
                    reply.Status.Should().Be(503, $"{method} {host}{target}");
                }
            }
        }

        backend.Requests.Should().BeEmpty();
        router.Site.Backends.Should().OnlyContain(upstream => upstream.LastSeen == null, "Router did not even try");
    }

    [Fact]
    public async Task The_closed_response_says_when_to_retry_and_is_not_cacheable()
    {
        var site = sites.In("maintenance");

        foreach (var host in new[] { "www.example.org", "api.example.org", "elsewhere.example.org" })
        {
            var waits = new HashSet<int>();
            for (var i = 0; i < 30; i++)
            {
                var reply = await site.Router.GetAsync($"http://{host}/");
                waits.Add(int.Parse(reply.Value("Retry-After")!, CultureInfo.InvariantCulture));
                reply.Value("Cache-Control").Should().Be("no-store");
                reply.Values("ETag").Should().BeEmpty();
                reply.Values("Last-Modified").Should().BeEmpty();
                reply.Values("Expires").Should().BeEmpty();
                reply.Values("Server").Should().BeEmpty();
            }

            waits.Should().OnlyContain(wait => wait >= 48 && wait <= 72, "a minute, give or take a fifth");
            waits.Should().HaveCountGreaterThan(3, "clients must not come back all at once");
        }
    }

    [Theory]
    [InlineData("www.example.org", "www", "text/html")]
    [InlineData("assets.example.org", "assets", "text/html")]
    [InlineData("api.example.org", "api", "application/problem+json")]
    public async Task Read_only_lets_through_what_changes_nothing(string host, string who, string type)
    {
        var site = sites.In("read-only");
        var reached = site.Reached;

        foreach (var method in new[] { "POST", "PUT", "PATCH", "DELETE", "PROPFIND" })
        {
            var reply = await site.Router.SendAsync(method, $"http://{host}/some/page");

            reply.Status.Should().Be(503, method);
            reply.Value("X-Router-Closed").Should().Be("1", method);
            reply.Value("Content-Type").Should().StartWith(type);
        }

        site.Reached.Should().Be(reached);
        foreach (var method in new[] { "GET", "HEAD", "OPTIONS" })
            (await site.Router.SendAsync(method, $"http://{host}/some/page")).Value("X-Application").Should().Be(who, method);
        (await site.Router.SendAsync("POST", "http://elsewhere.example.org/"))
            .Status.Should()
            .Be(404, "nobody's request is nothing that the mode closes");
    }

    [Theory]
    [InlineData("maintenance", "www.example.org")]
    [InlineData("maintenance", "api.example.org")]
    [InlineData("maintenance", "elsewhere.example.org")]
    [InlineData("recovery", "www.example.org")]
    [InlineData("live", "elsewhere.example.org")]
    public async Task HEAD_gets_the_headers_of_GET_and_no_body(string mode, string host)
    {
        var site = sites.In(mode);
        var get = await site.Router.SendRawAsync($"GET /page HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        get.Body.Should().NotBeEmpty();
        using var client = await site.Router.ConnectAsync();

        await client.WriteAsync($"HEAD /page HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        var head = new RawMessage(await client.ReadHeadAsync());

        head.Status.Should().Be(get.Status);
        string[] fresh = ["Date", "Retry-After"];
        head.Headers.Where(header => !fresh.Contains(header.Name))
            .Should()
            .BeEquivalentTo(get.Headers.Where(header => !fresh.Contains(header.Name)));
        head.Headers.Select(header => header.Name).Should().BeEquivalentTo(get.Headers.Select(header => header.Name));
        (await client.ReadToEndAsync()).Text.Should().BeEmpty();
    }

    [Theory]
    [InlineData("application/json", "application/problem+json")]
    [InlineData("application/problem+json, text/html;q=0.5", "application/problem+json")]
    [InlineData("text/html,application/xhtml+xml,application/json;q=0.9", "text/html")]
    [InlineData("*/*", "text/plain")]
    public async Task The_closed_site_responds_in_the_accepted_form(string accept, string type)
    {
        var site = sites.In("maintenance");

        var reply = await site.Router.GetAsync("http://www.example.org/", ("Accept", accept));

        reply.Status.Should().Be(503);
        reply.Value("Content-Type").Should().StartWith(type);
    }

    [Theory]
    [InlineData("live", 200)]
    [InlineData("recovery", 503)]
    [InlineData("maintenance", 503)]
    public async Task DM_MODE_sets_the_mode_at_start(string mode, int status)
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        var file = SiteFile.Of("www.*", backend).Set("Variables:DM_MODE", "Mode");
        await using var router = await RunningRouter.StartAsync(file, null, ("DM_MODE", mode));

        (await router.GetAsync("http://www.example.org/")).Status.Should().Be(status);
        (await router.GetAsync("http://localhost/_status")).Body.Should().Contain($"\"mode\": \"{mode}\"");
    }

    [Fact]
    public async Task DM_MODE_that_the_sites_file_does_not_use_prevents_startup()
    {
        var start = async () =>
            await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://www.invalid"), null, ("DM_MODE", "maintenance"));

        var error = (await start.Should().ThrowAsync<InvalidConfigurationException>()).Which.Errors.All.Should().ContainSingle().Subject;
        (error.Key, error.Hint).Should().Be(("DM_MODE", "Declare it, with Router:Variables:DM_MODE = Mode, or unset it"));
    }

    [Fact]
    public async Task DM_MODE_overrides_the_mode_in_the_file()
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        var file = SiteFile.Of("www.*", backend).Mode("live").Set("Variables:DM_MODE", "Mode");
        await using var router = await RunningRouter.StartAsync(file, null, ("DM_MODE", "maintenance"));

        (await router.GetAsync("http://www.example.org/")).Status.Should().Be(503);
    }

    [Fact]
    public async Task The_default_mode_is_live()
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));

        (await router.GetAsync("http://www.example.org/")).Status.Should().Be(200);
    }

    [Theory]
    [InlineData("maintenence")]
    [InlineData("LIVE")]
    [InlineData("off")]
    [InlineData("")]
    [InlineData(" ")]
    public async Task An_unknown_mode_prevents_startup_and_never_opens_the_site(string mode)
    {
        var file = SiteFile.Of("www.*", "http://www.invalid").Set("Variables:DM_MODE", "Mode");

        var start = async () => await RunningRouter.StartAsync(file, null, ("DM_MODE", mode));

        var error = (await start.Should().ThrowAsync<InvalidConfigurationException>()).Which.Errors.All.Should().ContainSingle().Subject;
        error.Key.Should().Be("Router:Mode (DM_MODE)");
        error.Problem.Should().NotBeEmpty();
        error.Hint.Should().NotBeEmpty();
    }

    [Fact]
    public async Task A_change_of_the_configuration_does_not_switch_the_mode()
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend).Mode("maintenance"));

        await router.ReconfigureAsync(SiteFile.Of("www.*", backend).Mode("live"));

        (await router.GetAsync("http://www.example.org/")).Status.Should().Be(503);
        backend.Requests.Should().BeEmpty();
    }

    /// <summary>The small site in each of the modes; no case changes them.</summary>
    public sealed class Sites : IAsyncLifetime
    {
        private readonly Dictionary<string, SmallSite> _sites = [];

        public async Task InitializeAsync()
        {
            foreach (var mode in new[] { "live", "read-only", "recovery", "maintenance" })
                _sites[mode] = await SmallSite.InAsync(mode);
        }

        internal SmallSite In(string mode) => _sites[mode];

        public async Task DisposeAsync()
        {
            foreach (var site in _sites.Values)
                await site.DisposeAsync();
        }
    }
}
