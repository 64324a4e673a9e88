using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Router.Access;
using Router.Cli;
using Router.Management;
using Router.Modes.Stores;

namespace Router.Tests;

/// <summary>Testers whom an operator lets through a closed site, and nobody else.</summary>
public sealed class BypassTests(BypassTests.Closed closed) : IClassFixture<BypassTests.Closed>
{
    private readonly ManualClock _clock = new();

    [Fact]
    public async Task A_token_lets_a_script_through_and_no_backend_gets_it()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await ClosedAsync(Site(backend));
        var token = await TokenAsync(router);

        var reply = await router.SendAsync(
            "POST",
            "http://www.example.org/try",
            new StringContent("a"),
            (BypassToken.Header, token),
            ("Cookie", $"a=b; {BypassToken.SecureCookie}=x; c=d")
        );

        reply.Status.Should().Be(200);
        reply.Value("Cache-Control").Should().Be("private, no-store", "nobody else may see it");
        reply.Value(BypassToken.Header).Should().StartWith("active; id=");
        var request = backend.Requests.Should().ContainSingle().Subject;
        request.Values(BypassToken.Header).Should().BeEmpty();
        request.Values("Cookie").Should().Equal("a=b; c=d");
        (await router.GetAsync("http://www.example.org/")).Status.Should().Be(503);
        var unknown = await router.GetAsync("http://www.example.org/", (BypassToken.Header, token + "x"));
        (unknown.Status, unknown.Value(BypassToken.Header)).Should().Be((503, "unknown-or-expired"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_testers_write_that_waits_for_a_permit_is_not_sent_after_its_bypass_has_ended(bool isRevoked)
    {
        await using var backend = RawBackend.Start();
        var site = OperatorClient
            .With(SiteFile.Of("www.*", backend).Mode("maintenance"))
            .Set("Backends:www:MaxConcurrentRequests", "1")
            .Set("Backends:www:QueueTimeout", "12h")
            .Set("Backends:www:ResponseTimeout", "12h")
            .Set("Backends:www:RequestTimeout", "12h");
        await using var router = await RunningRouter.StartAsync(site, _clock);
        using var operators = new OperatorClient(router);
        var bypass = (await operators.SendAsync("POST", "/bypass", """{"for": "1h"}""")).Body;
        var write = $"POST / HTTP/1.1\r\nHost: www.example.org\r\n{BypassToken.Header}: {bypass["token"]}\r\nContent-Length: 0\r\n\r\n";
        using var first = await router.ConnectAsync();
        await first.WriteAsync(write);
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        using var second = await router.ConnectAsync();
        await second.WriteAsync(write);
        await Eventually.Async(() => router.Site.Backends[0].InFlight == 2);

        if (isRevoked)
            (await operators.SendAsync("DELETE", $"/bypass/{bypass["id"]}")).Status.Should().Be(200);
        else
            _clock.Advance(TimeSpan.FromHours(1));
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

        (await first.ReadMessageAsync())!.Status.Should().Be(200, "what had been sent is not cut");
        var refused = (await second.ReadMessageAsync())!;
        refused.Status.Should().Be(503);
        refused.Head.Should().Contain($"{BypassToken.Header}: unknown-or-expired", "it is not in use any more");
        connection.Received.Split("POST /").Should().HaveCount(2, "the second request is not sent");
        backend.Connections.Should().Be(1);
    }

    [Fact]
    public async Task A_testers_request_for_a_WebSocket_counts_as_a_write_before_the_backend_has_agreed()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(OperatorClient.With(SiteFile.Of("www.*", backend).Mode("maintenance")));
        using var operators = new OperatorClient(router);
        var token = (await operators.SendAsync("POST", "/bypass", "{}")).Body["token"];
        using var client = await router.ConnectAsync();
        await client.WriteAsync(
            $"GET / HTTP/1.1\r\nHost: www.example.org\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{BypassToken.Header}: {token}\r\n\r\n"
        );
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();

        var instance = (await operators.SendAsync("GET", "/fleet")).Body["instances"]![0]!;

        instance["report"]!["openWriteCount"]!.GetValue<int>().Should().Be(1);
    }

    [Fact]
    public async Task The_command_ends_when_every_instance_knows_the_bypass_or_its_end()
    {
        var site = OfAFleet();
        await using var router = await RunningRouter.StartAsync(site);
        var other = await OtherInstanceAsync(router, site);

        var issuing = Tool.Start(ManagementUrl(router), "bypass", "--timeout", "10m");
        await issuing.LineAsync("waiting for web-2");
        await other.ConfirmAsync();
        var issued = await issuing.Done;
        var id = Regex.Match(issued.Output, "^bypass: +([0-9a-f]+),").Groups[1].Value;
        var revoking = Tool.Start(ManagementUrl(router), "bypass", "revoke", id, "--timeout", "10m");
        await revoking.LineAsync("waiting for web-2");
        await other.ConfirmAsync();
        var revoked = await revoking.Done;

        (issued.Code, issued.Errors, revoked.Code, revoked.Errors).Should().Be((0, "", 0, ""));
    }

    [Fact]
    public async Task The_command_names_the_instances_that_do_not_know_the_bypass_in_time()
    {
        var site = OfAFleet();
        await using var router = await RunningRouter.StartAsync(site);
        await OtherInstanceAsync(router, site);

        var (code, output, errors) = await Tool.RunAsync(ManagementUrl(router), "bypass", "--timeout", "100ms");

        code.Should().Be(ExitCode.NotDone);
        output.Should().Contain("token:");
        errors.Should().Contain("issued, but not on every instance yet: web-2");
    }

    [Fact]
    public async Task A_browser_posts_its_token_to_a_form_and_has_it_as_a_cookie_that_only_the_site_gets()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await ClosedAsync(Site(backend).Set("BypassCookieDomain", "example.org"));
        (await router.GetAsync("http://www.example.org/_bypass")).Status.Should().Be(503, "there is nobody to let through");
        var token = await TokenAsync(router);

        var form = await router.GetAsync("http://www.example.org/_bypass", ("Accept-Language", "cy"));
        var wrong = await PostAsync(router, "wrong");
        var right = await PostAsync(router, token);

        (form.Status, form.Value("Cache-Control")).Should().Be((200, "no-store"));
        form.Body.Should().Contain("method=\"post\"").And.Contain("lang=\"cy\"").And.NotContain("role=\"alert\"").And.NotContain("{{");
        wrong.Status.Should().Be(403);
        wrong.Body.Should().Contain("Unknown or expired token");
        wrong.Values("Set-Cookie").Should().BeEmpty();
        (right.Status, right.Value("Location")).Should().Be((303, "/_bypass?entered"));
        var cookie = right.Value("Set-Cookie")!;
        cookie
            .Should()
            .StartWith($"{BypassToken.SecureCookie}={token};")
            .And.Contain("domain=example.org")
            .And.Contain("secure")
            .And.Contain("httponly")
            .And.Contain("samesite=lax")
            .And.Contain("path=/");
        (await router.GetAsync("http://www.example.org/", ("Cookie", $"{BypassToken.SecureCookie}={token}"))).Status.Should().Be(200);
        backend.Requests.Should().ContainSingle().Which.Values("Cookie").Should().BeEmpty();
    }

    [Theory]
    [InlineData("read-only", true)]
    [InlineData("recovery", true)]
    [InlineData("hold", true)]
    [InlineData("maintenance", true)]
    [InlineData("live", false)]
    public async Task The_form_is_on_every_host_while_the_mode_closes_anything(string mode, bool isShown)
    {
        await using var backend = WireMockBackend.RespondingText("the application's own");
        await using var router = await ClosedAsync(Site(backend).Api("api", backend.Address).Host("api.*", "api"));
        using var operators = new OperatorClient(router);
        await TokenAsync(router);
        (await operators.SendAsync("PUT", "/mode", $$"""{"mode": "{{mode}}"}""")).Status.Should().Be(200);
        _clock.Advance(TimeSpan.FromMinutes(1));
        if (isShown)
            await TokenAsync(router);

        foreach (var host in (string[])["www.example.org", "api.example.org"])
            (await router.GetAsync($"http://{host}/_bypass"))
                .Body.Contains("method=\"post\"", StringComparison.Ordinal)
                .Should()
                .Be(isShown, $"{host} in {mode}");

        backend.Requests.Should().HaveCount(isShown ? 0 : 2);
    }

    [Theory]
    [InlineData("https://www.example.org", null, true)]
    [InlineData("http://www.example.org", "https", false)]
    [InlineData(null, "https", true)]
    [InlineData(null, null, false)]
    public async Task The_cookie_is_secure_exactly_where_the_browser_used_https(string? origin, string? forwardedProto, bool isSecure)
    {
        var router = closed.Router;
        var backend = closed.Backend.Forget();
        var token = await TokenAsync(router);
        var headers = new List<(string, string)> { ("X-Test", "1") };
        if (origin is not null)
            headers.Add(("Origin", origin));
        if (forwardedProto is not null)
            headers.Add(("X-Forwarded-Proto", forwardedProto));

        var cookie = (await PostAsync(router, token, [.. headers])).Value("Set-Cookie")!;

        cookie
            .Should()
            .StartWith(
                $"{(isSecure ? BypassToken.SecureCookie : BypassToken.PlainCookie)}={token};",
                "a browser drops a secure cookie that came over plain http"
            );
        cookie.Contains("secure", StringComparison.Ordinal).Should().Be(isSecure);
        (await router.GetAsync("http://www.example.org/", ("Cookie", "a=1; " + cookie.Split(';')[0]))).Status.Should().Be(200);
        backend.Requests.Should().ContainSingle().Which.Values("Cookie").Should().Equal("a=1");
    }

    [Fact]
    public async Task On_a_host_outside_the_cookies_domain_the_cookie_is_for_that_host_and_the_form_says_so()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await ClosedAsync(Site(backend).Set("BypassCookieDomain", "example.org").Host("www.example.com", "www"));
        var token = await TokenAsync(router);

        var form = await router.GetAsync("http://www.example.com/_bypass");
        var entered = await router.SendAsync("POST", "http://www.example.com/_bypass", new FormUrlEncodedContent([new("token", token)]));

        form.Body.Should().Contain("This works for www.example.com only");
        (await router.GetAsync("http://www.example.org/_bypass")).Body.Should().NotContain("only");
        entered.Status.Should().Be(303);
        entered.Value("Set-Cookie").Should().NotContain("domain=");
    }

    [Fact]
    public async Task The_page_shows_the_service_the_expiry_and_whether_the_bypass_is_active()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await ClosedAsync(
            Site(backend).Set("Pages:ServiceName", "Digital Marketplace").Set("Pages:TimeZone", "Europe/London")
        );
        var token = await TokenAsync(router, "2h");

        var form = (await router.GetAsync("http://www.example.org/_bypass")).Body;
        var active = (
            await router.GetAsync("http://www.example.org/_bypass?entered", ("Cookie", $"{BypassToken.PlainCookie}={token}"))
        ).Body;
        var dropped = (await router.GetAsync("http://www.example.org/_bypass?entered")).Body;

        form.Should()
            .Contain("Digital Marketplace")
            .And.Contain("Tokens can be used until midnight on Friday 2 January 2026 (UK time) at the latest")
            .And.Contain("<form");
        active
            .Should()
            .Contain("Preview is active")
            .And.Contain("until midnight on Friday 2 January 2026 (UK time)")
            .And.Contain("href=\"/\"")
            .And.NotContain("<form");
        dropped.Should().Contain("your browser did not keep the cookie").And.Contain("<form");
        backend.Requests.Should().BeEmpty("the page is Router's own, also for testers");
    }

    [Theory]
    [InlineData("__secure-router-bypass")]
    [InlineData("Router-Bypass")]
    public async Task The_names_of_cookies_are_case_sensitive(string name)
    {
        var router = closed.Router;
        var backend = closed.Backend.Forget();
        var token = await TokenAsync(router);

        (await router.GetAsync("http://www.example.org/", ("Cookie", $"{name}={token}")))
            .Status.Should()
            .Be(503, "it would not be removed either");
        backend.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task An_old_cookie_does_not_hide_a_newer_one_and_none_of_them_reaches_a_backend()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await ClosedAsync(Site(backend));
        var token = await TokenAsync(router);

        (
            await router.GetAsync(
                "http://www.example.org/",
                ("Cookie", $"{BypassToken.SecureCookie}=old;a=1; {BypassToken.SecureCookie} = {token};{BypassToken.PlainCookie}={token}")
            )
        )
            .Status.Should()
            .Be(200);

        backend.Requests.Should().ContainSingle().Which.Values("Cookie").Should().Equal("a=1");
    }

    [Fact]
    public async Task Wrong_tokens_of_one_client_are_limited_and_logged_by_its_own_address_and_a_correct_one_always_passes()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await ClosedAsync(Site(backend).Set("TrustedProxies", "127.0.0.1"));
        var token = await TokenAsync(router);

        for (var i = 0; i < WrongTokens.AtOnce; i++)
            (await PostAsync(router, "wrong", ("X-Forwarded-For", "203.0.113.9"))).Status.Should().Be(403);
        var limited = await PostAsync(router, "wrong", ("X-Forwarded-For", "203.0.113.9"));

        (limited.Status, limited.Value("Retry-After")).Should().Be((429, "60"));
        (await router.Log.NextAsync("bypass token")).Should().Contain("from 203.0.113.9");
        (await PostAsync(router, "wrong", ("X-Forwarded-For", "203.0.113.10")))
            .Status.Should()
            .Be(403, "another client is limited by itself");
        (await PostAsync(router, token, ("X-Forwarded-For", "203.0.113.9"))).Status.Should().Be(303);
    }

    [Theory]
    [InlineData("Origin", "https://evil.example", 403)]
    [InlineData("Origin", "null", 403)]
    [InlineData("Sec-Fetch-Site", "cross-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-origin", 303)]
    [InlineData("Origin", "http://www.example.org", 303)]
    public async Task A_form_that_another_site_sends_is_refused(string name, string value, int status)
    {
        (await PostAsync(closed.Router, await TokenAsync(closed.Router), (name, value))).Status.Should().Be(status);
    }

    [Fact]
    public async Task An_address_list_lets_its_clients_through()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await ClosedAsync(Site(backend).Set("TrustedProxies", "127.0.0.1"));

        var (status, body) = await GrantAsync(router, """{"address": "203.0.113.0/24", "for": "30m"}""");

        (status, body["token"]).Should().Be((201, (JsonNode?)null));
        (await router.GetAsync("http://www.example.org/", ("X-Forwarded-For", "203.0.113.9"))).Status.Should().Be(200);
        (await router.GetAsync("http://www.example.org/", ("X-Forwarded-For", "203.0.114.9"))).Status.Should().Be(503);
    }

    [Fact]
    public async Task It_ends_when_it_expires()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await ClosedAsync(Site(backend));
        var token = await TokenAsync(router, "2h");

        _clock.Advance(TimeSpan.FromHours(2) - TimeSpan.FromSeconds(1));
        (await AskAsync(router, token)).Should().Be(200);
        _clock.Advance(TimeSpan.FromSeconds(1));
        (await AskAsync(router, token)).Should().Be(503);
    }

    [Fact]
    public async Task It_ends_with_the_window_and_survives_every_change_within_it()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await ClosedAsync(Site(backend));
        var token = await TokenAsync(router);
        using var operators = new OperatorClient(router);

        await SetAsync("recovery");
        (await AskAsync(router, token)).Should().Be(200);
        await operators.SendAsync("PATCH", "/mode", """{"reason": "longer"}""");
        (await AskAsync(router, token)).Should().Be(200);
        await SetAsync("live");
        await SetAsync("maintenance");

        (await AskAsync(router, token)).Should().Be(503, "it was given for another window");

        async Task SetAsync(string mode) =>
            (await operators.SendAsync("PUT", "/mode", $$"""{"mode": "{{mode}}"}""")).Status.Should().Be(200);
    }

    [Theory]
    [InlineData("""{"for": "13h"}""", "for")]
    [InlineData("""{"for": "0s"}""", "for")]
    [InlineData("""{"for": "long"}""", "for")]
    [InlineData("""{"address": "office"}""", "address")]
    [InlineData("""{"adress": "203.0.113.1"}""", "adress")]
    public async Task An_invalid_member_is_rejected_by_name(string json, string member)
    {
        var (status, body) = await GrantAsync(closed.Router, json);

        (status, body["errors"]![0]!["member"]!.ToString()).Should().Be((400, member));
    }

    [Fact]
    public async Task An_open_site_has_nothing_to_bypass()
    {
        await using var router = await RunningRouter.StartAsync(OperatorClient.With(Site(WireMockBackend.RespondingText("ok"))), _clock);

        (await GrantAsync(router, "{}")).Status.Should().Be(400);
    }

    [Fact]
    public async Task Each_use_is_counted_and_attributable_and_nothing_is_safe_while_a_tester_may_write()
    {
        await using var backend = RawBackend.Start();
        await using var router = await ClosedAsync(Site(backend.Address));
        var (_, given) = await GrantAsync(router, """{"note": "Anna tries the search", "by": "ben"}""");
        using var client = await router.ConnectAsync();
        await client.WriteAsync(
            $"POST /try HTTP/1.1\r\nHost: www.example.org\r\n{BypassToken.Header}: {given["token"]}\r\nContent-Length: 0\r\n\r\n"
        );
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();

        using var operators = new OperatorClient(router);
        var (_, fleet) = await operators.SendAsync("GET", "/fleet");
        fleet["safe"]!.GetValue<bool>().Should().BeFalse();
        fleet["verdict"]!.ToString().Should().Contain("still has 1 write of testers in flight");
        fleet["notes"]![0]!.ToString().Should().Contain("1 request of testers in flight");
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await client.ReadMessageAsync();

        await Eventually.TrueAsync(async () =>
            (await operators.SendAsync("GET", "/fleet")).Body["verdict"]!
                .ToString()
                .StartsWith($"CLOSED TO VISITORS on the only instance. Bypass {given["id"]} lets testers write", StringComparison.Ordinal)
        );
        (await router.AccessLog.NextAsync())["bypass"]!.ToString().Should().Be(given["id"]!.ToString());
        (await router.GetAsync("http://localhost/_metrics"))
            .Body.Should()
            .MatchRegex("router_exempted_total\\{[^}]*exemption=\"tester\"\\} [1-9]");
        var (_, mode) = await operators.SendAsync("GET", "/mode");
        (mode["bypasses"]![0]!["note"]!.ToString(), mode["bypasses"]![0]!["by"]!.ToString(), mode["bypasses"]![0]!["token"])
            .Should()
            .Be(("Anna tries the search", "ben", (JsonNode?)null));
        var (_, history) = await operators.SendAsync("GET", "/history");
        history.ToString().Should().Contain("Anna tries the search").And.NotContain(given["token"]!.ToString());
    }

    [Fact]
    public async Task The_cookie_of_a_window_that_is_over_goes_to_no_backend_either()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await RunningRouter.StartAsync(Site(backend));

        await router.GetAsync("http://www.example.org/", (BypassToken.Header, "old"), ("Cookie", $"{BypassToken.SecureCookie}=old"));
        await router.GetAsync("http://www.example.org/", ("Cookie", $"x{BypassToken.SecureCookie}=mine"));

        backend.Requests[0].Values("Cookie").Concat(backend.Requests[0].Values(BypassToken.Header)).Should().BeEmpty();
        backend.Requests[1].Values("Cookie").Should().Equal($"x{BypassToken.SecureCookie}=mine");
    }

    [Fact]
    public void The_cookies_domain_must_be_one_that_browsers_accept() =>
        Site(WireMockBackend.RespondingText("ok"))
            .Set("BypassCookieDomain", "localhost")
            .Read()
            .Errors.Should()
            .ContainSingle()
            .Which.Key.Should()
            .Be("Router:BypassCookieDomain");

    private static SiteFile Site(WireMockBackend backend) => Site(backend.Address);

    private static SiteFile Site(string address) => SiteFile.Of("www.*", address);

    private static async Task<(int Status, JsonNode Body)> GrantAsync(RunningRouter router, string json)
    {
        using var operators = new OperatorClient(router);
        return await operators.SendAsync("POST", "/bypass", json);
    }

    private static async Task<string> TokenAsync(RunningRouter router, string time = "1h") =>
        (await GrantAsync(router, $$"""{"for": "{{time}}"}""")).Body["token"]!.ToString();

    private static async Task<int> AskAsync(RunningRouter router, string token) =>
        (await router.GetAsync("http://www.example.org/", (BypassToken.Header, token))).Status;

    private static Task<Reply> PostAsync(RunningRouter router, string token, params (string Name, string Value)[] headers) =>
        router.SendAsync(
            "POST",
            "http://www.example.org/_bypass",
            new FormUrlEncodedContent([new("token", token)]),
            headers is [] ? [("Origin", "https://www.example.org")] : headers
        );

    private static string ManagementUrl(RunningRouter router) => router.App.Services.GetRequiredService<ManagementServer>().Url!;

    // Nothing that an instance has reported expires while the test runs.
    private static SiteFile OfAFleet() =>
        OperatorClient
            .With(SiteFile.Of("www.*", "http://frontend.invalid"))
            .Mode("maintenance")
            .Set("ModeStore:File", Path.Combine(Directory.CreateTempSubdirectory("router-bypass-").FullName, "mode.json"))
            .Set("ModeStore:HeartbeatExpiry", "10m");

    // An instance that learns of a change only when the test says so.
    private static async Task<FleetInstance> OtherInstanceAsync(RunningRouter router, SiteFile site)
    {
        var other = new FleetInstance(
            "web-2",
            site,
            settings => ModeStores.Open(settings.ModeStore, TimeProvider.System),
            TimeProvider.System
        );
        await Eventually.TrueAsync(async () => await other.Store.ReadAsync(default) is not null);
        await other.ConfirmAsync();
        (await Tool.RunAsync(ManagementUrl(router), "mode", "--expect", "2")).Output.Should().Contain("SAFE");
        return other;
    }

    private Task<RunningRouter> ClosedAsync(SiteFile site) =>
        RunningRouter.StartAsync(OperatorClient.With(site).Mode("maintenance"), _clock);

    /// <summary>A closed site behind a proxy; its cases add bypasses and change nothing else.</summary>
    public sealed class Closed()
        : SharedWireMockSite(address => OperatorClient.With(Site(address)).Mode("maintenance").Set("TrustedProxies", "127.0.0.1"));
}
