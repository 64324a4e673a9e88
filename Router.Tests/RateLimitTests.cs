using System.Net;
using Router.Access;
using Router.Configuration;

namespace Router.Tests;

public sealed class RateLimitTests
{
    [Fact]
    public async Task Of_thirty_requests_at_once_the_first_and_the_burst_of_twenty_pass_and_nine_get_429()
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        // A name of its own: the metrics of all routers in this process are in one place.
        await using var router = await RunningRouter.StartAsync(Limited(backend, "of-thirty"), new ManualClock());

        var replies = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => router.GetAsync("http://www.example.org/")));

        replies.Count(reply => reply.Status == 200).Should().Be(21);
        replies.Count(reply => reply.Status == 429).Should().Be(9);
        (await router.GetAsync("http://elsewhere.example.net/_metrics"))
            .Body.Should()
            .Contain("router_rate_limited_total{otel_scope_name=\"Router\",limit=\"of-thirty\"} 9");
    }

    [Fact]
    public async Task After_the_burst_as_many_pass_as_the_rate_says()
    {
        var clock = new ManualClock();
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var router = await RunningRouter.StartAsync(Limited(backend), clock);
        (await PassedAsync(router, 30)).Should().Be(21);

        foreach (var (seconds, more) in new[] { (0.3, 0), (0.05, 1), (1, 3), (2, 6), (60, 21) })
        {
            clock.Advance(TimeSpan.FromSeconds(seconds));
            (await PassedAsync(router, 30)).Should().Be(more, $"after {seconds} s more");
        }
    }

    [Fact]
    public void A_client_that_was_idle_for_long_gets_one_burst_and_not_two()
    {
        var clock = new ManualClock();
        using var limit = new RateLimit(Settings(rate: 3, burst: 20), clock);
        limit.Allows("GET", IPAddress.Loopback).Should().BeTrue();
        clock.Advance(TimeSpan.FromSeconds(9));

        Passed(limit, IPAddress.Loopback, 30).Should().Be(21);
        clock.Advance(TimeSpan.FromMilliseconds(250));

        Passed(limit, IPAddress.Loopback, 30).Should().Be(0, "three a second are less than one in a quarter of it");
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(1_000_000_000)]
    public void Whatever_the_clock_counts_the_rate_is_per_second(long ticksPerSecond)
    {
        var clock = new Ticks(ticksPerSecond);
        using var limit = new RateLimit(Settings(rate: 200, burst: 10), clock);
        Passed(limit, IPAddress.Loopback, 30).Should().Be(11);

        clock.Now += ticksPerSecond / 50;

        Passed(limit, IPAddress.Loopback, 30).Should().Be(4);
    }

    [Fact]
    public void A_fractional_rate_is_accepted()
    {
        var clock = new ManualClock();
        using var limit = new RateLimit(Settings(rate: 1.0 / 30, burst: 0), clock);
        Passed(limit, IPAddress.Loopback, 5).Should().Be(1);

        clock.Advance(TimeSpan.FromSeconds(29));
        Passed(limit, IPAddress.Loopback, 5).Should().Be(0);
        clock.Advance(TimeSpan.FromSeconds(1));
        Passed(limit, IPAddress.Loopback, 5).Should().Be(1);
    }

    [Fact]
    public async Task A_POST_is_subject_to_both_limits_and_one_that_its_own_limit_rejects_does_not_count_as_a_request()
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var router = await RunningRouter.StartAsync(
            Limited(backend)
                .Set("RateLimits:posts:Rate", "2")
                .Set("RateLimits:posts:Burst", "5")
                .Set("RateLimits:posts:Methods", "POST")
                .Set("Hosts:www.*:RateLimits", "requests, posts"),
            new ManualClock()
        );

        (await PassedAsync(router, 40, "POST")).Should().Be(6);
        (await PassedAsync(router, 40, "GET")).Should().Be(15, "21 less the six POST requests before");
        (await PassedAsync(router, 1, "PUT")).Should().Be(0);
    }

    [Fact]
    public async Task A_rejected_request_gets_a_response_in_its_form_and_does_not_reach_the_backend()
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var router = await RunningRouter.StartAsync(
            Limited(backend).Set("RateLimits:requests:Burst", "0").Set("Hosts:api.*:RateLimits", "requests"),
            new ManualClock()
        );
        (await PassedAsync(router, 1)).Should().Be(1);
        var requests = backend.Requests.Count;

        foreach (var method in new[] { "GET", "POST", "DELETE" })
        {
            var page = await router.SendAsync(method, "http://www.example.org/", method == "POST" ? new StringContent("a=b") : null);
            page.Status.Should().Be(429);
            page.Value("Retry-After").Should().Be("300");
            page.Value("Cache-Control").Should().Be("no-store");
            page.Value("Content-Type").Should().StartWith("text/html");
            page.Body.Should().Contain("too many requests");
        }

        var problem = await router.GetAsync("http://www.example.org/", ("Accept", "application/json"));
        (problem.Status, problem.Value("Content-Type")).Should().Be((429, "application/problem+json"));
        problem.Body.Should().Contain("urn:router:too-many");
        (await router.GetAsync("http://api.example.org/")).Value("Content-Type").Should().Be("application/problem+json");
        backend.Requests.Count.Should().Be(requests);
    }

    [Fact]
    public void Each_client_has_a_bucket_of_its_own_and_an_IPv6_client_is_its_network()
    {
        using var limit = new RateLimit(Settings(rate: 1, burst: 0), new ManualClock());
        limit.Allows("GET", IPAddress.Parse("203.0.113.1")).Should().BeTrue();
        limit.Allows("GET", IPAddress.Parse("2001:db8:0:1::1")).Should().BeTrue();

        limit.Allows("GET", IPAddress.Parse("203.0.113.1")).Should().BeFalse();
        limit.Allows("GET", IPAddress.Parse("::ffff:203.0.113.1")).Should().BeFalse("it is the same address");
        limit
            .Allows("GET", IPAddress.Parse("2001:db8:0:1:ffff:ffff:ffff:ffff"))
            .Should()
            .BeFalse("the last 64 bits are the client's to choose");
        // One pair of clients may share a bucket; thirty may not.
        Enumerable.Range(2, 30).Count(last => limit.Allows("GET", IPAddress.Parse($"203.0.113.{last}"))).Should().BeGreaterThan(25);
        Enumerable.Range(2, 30).Count(last => limit.Allows("GET", IPAddress.Parse($"2001:db8:0:{last}::1"))).Should().BeGreaterThan(25);
    }

    [Fact]
    public void However_many_addresses_come_there_are_never_more_than_65536_buckets()
    {
        using var limit = new RateLimit(Settings(rate: 0.001, burst: 0), new ManualClock());

        // A fresh bucket lets one request pass, a known one none.
        Enumerable
            .Range(0, 400_000)
            .Count(i => limit.Allows("GET", new IPAddress(i * 7919L % uint.MaxValue)))
            .Should()
            .BeInRange(60_000, 65_536);
    }

    [Fact]
    public void A_path_has_the_limits_of_its_host_its_own_or_none()
    {
        var (table, errors) = new SiteFile()
            .Frontend("www")
            .Host("www.*", "www")
            .Path("www.*", "/free")
            .Path("www.*", "/login")
            .Path("www.*", "/plain")
            .Set("RateLimits:requests:Rate", "3")
            .Set("RateLimits:logins:Rate", "0.1")
            .Set("Hosts:www.*:RateLimits", "requests")
            .Set("Hosts:www.*:Paths:/free:RateLimits", "none")
            .Set("Hosts:www.*:Paths:/login:RateLimits", "requests, logins")
            .Read();

        errors.Should().BeEmpty();
        string[] Of(string path) => [.. table.Match("www.example.org", path).Route!.RateLimits.Select(limit => limit.Name)];
        Of("/").Should().Equal("requests");
        Of("/plain").Should().Equal("requests");
        Of("/free").Should().BeEmpty();
        Of("/login").Should().Equal("logins", "requests");
    }

    [Fact]
    public async Task Another_spelling_of_its_path_does_not_evade_the_limit_of_a_page()
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var router = await RunningRouter.StartAsync(
            SiteFile
                .Of("www.*", backend)
                .Set("RateLimits:logins:Rate", "0.1")
                .Path("www.*", "/login")
                .Set("Hosts:www.*:Paths:/login:RateLimits", "logins"),
            new ManualClock()
        );
        (await router.GetAsync("http://www.example.org/login")).Status.Should().Be(200);

        foreach (var spelling in new[] { "/login", "/LOGIN", "/%6cogin", "/a/../login", "//login", "/login/", "/login;a=b", "/login/../x" })
            (await router.GetAsync("http://www.example.org" + spelling)).Status.Should().Be(429, spelling);
        (await router.GetAsync("http://www.example.org/other")).Status.Should().Be(200);
    }

    [Fact]
    public async Task A_reload_does_not_give_back_what_a_client_has_used_unless_the_limit_changed()
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        // One more in a quarter of an hour: the file is watched by the real clock.
        var site = Limited(backend).Set("RateLimits:requests:Rate", "0.001").Set("RateLimits:requests:Methods", "GET, POST");
        await using var router = await RunningRouter.StartAsync(site);
        (await PassedAsync(router, 30)).Should().Be(21);

        await router.ReconfigureAsync(site);
        (await PassedAsync(router, 5)).Should().Be(0);
        await router.ReconfigureAsync(site.Set("RateLimits:requests:Burst", "2"));
        (await PassedAsync(router, 5)).Should().Be(3);
        await router.ReconfigureAsync(site.Set("RateLimiting", "disabled"));
        (await PassedAsync(router, 5)).Should().Be(5);
    }

    [Theory]
    [InlineData("enabled", 21)]
    [InlineData("true", 21)]
    [InlineData(null, 21)]
    [InlineData("disabled", 30)]
    [InlineData("false", 30)]
    public async Task The_limits_can_be_switched_off(string? value, int passed)
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        var site = Limited(backend).Set("Variables:DM_RATE_LIMITING_ENABLED", "RateLimiting");
        await using var router = await RunningRouter.StartAsync(
            site,
            new ManualClock(),
            value is null ? [] : [("DM_RATE_LIMITING_ENABLED", value)]
        );

        (await PassedAsync(router, 30)).Should().Be(passed);
    }

    [Theory]
    [InlineData("www.example.org", "GET", 21)]
    [InlineData("www.example.org", "POST", 6)]
    [InlineData("api.example.org", "GET", 30)]
    [InlineData("assets.example.org", "POST", 30)]
    public async Task With_the_environment_of_the_original_www_is_limited_and_nothing_else(string host, string method, int passed)
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        string[] lists = ["USER", "DEV_USER", "ADMIN_USER"];
        string[] addresses =
        [
            "FRONTEND_URL",
            "API_URL",
            "SEARCH_API_URL",
            "ANTIVIRUS_API_URL",
            "DOCUMENTS_S3_URL",
            "G7_DRAFT_DOCUMENTS_S3_URL",
            "AGREEMENTS_S3_URL",
            "COMMUNICATIONS_S3_URL",
            "REPORTS_S3_URL",
            "SUBMISSIONS_S3_URL",
        ];
        await using var router = await RunningRouter.StartWithItsOwnTableAsync(
            new ManualClock(),
            [
                .. addresses.Select(name => ("DM_" + name, backend.Address)),
                .. lists.Select(name => ($"DM_{name}_IPS", "172.0.0.0/0")),
                ("DM_APP_AUTH", "dXNlcjpwYXNz"),
                ("DM_RATE_LIMITING_ENABLED", "enabled"),
            ]
        );
        var count = 0;

        for (var i = 0; i < 30; i++)
            count += (await router.SendAsync(method, $"http://{host}/x")).Status == 200 ? 1 : 0;

        count.Should().Be(passed);
    }

    [Theory]
    [InlineData("RateLimiting", "enabeld", "Router:RateLimiting: is 'enabeld'")]
    [InlineData("RateLimits:requests:Rate", "0", "Router:RateLimits:requests:Rate: is '0'")]
    [InlineData("RateLimits:requests:Rate", "-3", "Router:RateLimits:requests:Rate: is '-3'")]
    [InlineData("RateLimits:requests:Rate", "", "Router:RateLimits:requests:Rate: is not set")]
    [InlineData("RateLimits:requests:Burst", "many", "Router:RateLimits:requests:Burst: is 'many'")]
    [InlineData("RateLimits:requests:RetryAfter", "300", "Router:RateLimits:requests:RetryAfter: is '300'")]
    [InlineData("RateLimits:requests:Method", "POST", "Router:RateLimits:requests:Method: is not a key that Router knows")]
    [InlineData("RateLimits:none:Rate", "3", "Router:RateLimits:none:Rate: belongs to a rate limit with the reserved name none")]
    [InlineData("Hosts:www.*:RateLimits", "request", "Router:Hosts:www.*:RateLimits: 'request' is not configured")]
    [InlineData("Hosts:www.*:RateLimits", "requests, none", "Router:Hosts:www.*:RateLimits: 'none' is not configured")]
    public void A_mistyped_name_is_an_error(string key, string value, string violation)
    {
        var site = new SiteFile()
            .Frontend("www")
            .Host("www.*", "www")
            .Set("RateLimits:requests:Rate", "3")
            .Set("Hosts:www.*:RateLimits", "requests");

        site.Set(key, value).Read().Errors.Should().ContainSingle().Which.ToString().Should().StartWith(violation);
    }

    private static SiteFile Limited(WireMockBackend backend, string name = "requests") =>
        SiteFile
            .Of("www.*", backend)
            .Api("api", backend.Address)
            .Host("api.*", "api")
            .Set($"RateLimits:{name}:Rate", "3")
            .Set($"RateLimits:{name}:Burst", "20")
            .Set("Hosts:www.*:RateLimits", name);

    private static RateLimitSettings Settings(double rate, int burst) =>
        new()
        {
            Name = "test",
            Rate = rate,
            Burst = burst,
            Methods = [],
            RetryAfter = TimeSpan.FromSeconds(300),
        };

    private static int Passed(RateLimit limit, IPAddress client, int requests) =>
        Enumerable.Range(0, requests).Count(_ => limit.Allows("GET", client));

    private static async Task<int> PassedAsync(RunningRouter router, int requests, string method = "GET")
    {
        var passed = 0;
        for (var i = 0; i < requests; i++)
            passed += (await router.SendAsync(method, "http://www.example.org/")).Status == 200 ? 1 : 0;
        return passed;
    }

    /// <summary>A clock whose timestamps have a unit of their own.</summary>
    private sealed class Ticks(long perSecond) : TimeProvider
    {
        public long Now { get; set; }

        public override long TimestampFrequency => perSecond;

        public override long GetTimestamp() => Now;
    }
}
