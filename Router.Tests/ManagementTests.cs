using System.Net;
using System.Net.Sockets;
using Router.Access;
using Router.Modes;
using Router.Serving;

namespace Router.Tests;

public sealed class ManagementTests(ManagementTests.Unchanged unchanged) : IClassFixture<ManagementTests.Unchanged>
{
    private const string Token = "0123456789abcdef0123456789abcdef";

    private static SiteFile Site(string address = "http://backend.invalid") =>
        OperatorClient.With(new SiteFile().Frontend("www", address).Host("www.*", "www").Api("api").Host("api.*", "api"));

    [Fact]
    public async Task The_mode_is_changed_without_a_restart_and_the_response_says_what_that_means()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await RunningRouter.StartAsync(Site(backend.Address));
        using var operators = new OperatorClient(router);
        (await router.GetAsync("http://www.example.org/")).Status.Should().Be(200);

        var (status, body) = await operators.SendAsync("PUT", "/mode", """{"mode": "recovery", "reason": "restore db", "by": "ops"}""");

        status.Should().Be(200);
        body["changed"]!.GetValue<bool>().Should().BeTrue();
        body["mode"]!["mode"]!.GetValue<string>().Should().Be("recovery");
        body["effects"]!
            .AsArray()
            .Select(effect => $"{effect!["backend"]} {effect["reads"]} {effect["writes"]}")
            .Should()
            .BeEquivalentTo("www false false", "api true true");
        (await router.GetAsync("http://www.example.org/")).Status.Should().Be(503);
        var (_, mode) = await operators.SendAsync("GET", "/mode");
        (
            mode["mode"]!.ToString(),
            mode["reason"]!.ToString(),
            mode["by"]!.ToString(),
            mode["version"]!.GetValue<long>(),
            mode["isLasting"]!.GetValue<bool>()
        )
            .Should()
            .Be(("recovery", "restore db", "ops", 2, false));
        (await router.GetAsync("http://localhost/_status")).Body.Should().Contain("recovery");
    }

    [Fact]
    public async Task Two_operators_cannot_overwrite_each_other_unknowingly()
    {
        await using var router = await RunningRouter.StartAsync(Site());
        using var operators = new OperatorClient(router);
        (await operators.SendAsync("PUT", "/mode", """{"mode": "recovery"}""", ("If-Match", "\"1\""))).Status.Should().Be(200);

        var (status, body) = await operators.SendAsync("PUT", "/mode", """{"mode": "live"}""", ("If-Match", "\"1\""));

        (status, body["version"]!.GetValue<long>()).Should().Be((412, 2L));
        router.Modes().Current.Name.Should().Be("recovery");
        const string forget = """{"instance": "router-9"}""";
        (await operators.SendAsync("POST", "/fleet/forget", forget, ("If-Match", "\"1\""))).Status.Should().Be(412);
        (await operators.SendAsync("POST", "/fleet/forget", forget, ("If-Match", "\"2\"")))
            .Status.Should()
            .Be(409, "nobody of that name has vanished");
    }

    [Fact]
    public async Task All_errors_are_listed_at_once_and_nothing_is_changed()
    {
        using var operators = new OperatorClient(unchanged.Router);

        var (status, body) = await operators.SendAsync(
            "PUT",
            "/mode",
            """{"mode": "closed", "until": "23:30", "cutAfter": "soon", "resaon": "x", "by": 7}"""
        );

        status.Should().Be(400);
        body["errors"]!
            .AsArray()
            .Select(error => error!["member"]!.ToString())
            .Should()
            .BeEquivalentTo("mode", "until", "cutAfter", "resaon", "by");
        body["errors"]!.AsArray().Should().OnlyContain(error => error!["hint"]!.ToString().Length > 0);
        unchanged.Router.Modes().State.Record.Version.Number.Should().Be(1);
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("[]")]
    [InlineData("{}")]
    public async Task What_is_not_a_change_is_refused(string body)
    {
        using var operators = new OperatorClient(unchanged.Router);

        (await operators.SendAsync("PUT", "/mode", body)).Status.Should().Be(400);
    }

    [Theory]
    [InlineData(20_000, true)]
    [InlineData(100_000, true)]
    [InlineData(20_000, false)]
    public async Task A_body_that_is_too_long_is_refused_with_the_limit(int length, bool isAnnounced)
    {
        using var operators = new OperatorClient(unchanged.Router);
        var body = $$"""{"mode": "maintenance", "reason": "{{new string('x', length)}}"}""";
        using var request = new HttpRequestMessage(HttpMethod.Put, "/mode")
        {
            Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json"),
        };
        (request.Headers.TransferEncodingChunked, request.Headers.ExpectContinue) = (!isAnnounced, isAnnounced);

        using var response = await operators.GetAsync(request);

        response.StatusCode.Should().Be(HttpStatusCode.RequestEntityTooLarge);
        (await response.Content.ReadAsStringAsync())
            .Should()
            .Contain("The request has more than 16384 bytes. Give texts of up to 500 characters.");
        unchanged.Router.Modes().Current.Name.Should().Be("live");
    }

    [Fact]
    public async Task A_blank_name_is_not_a_name()
    {
        await using var router = await RunningRouter.StartAsync(Site());
        using var operators = new OperatorClient(router);

        var (_, body) = await operators.SendAsync("PUT", "/mode", """{"mode": "maintenance", "by": " "}""");

        body["mode"]!["by"].Should().BeNull();
    }

    [Fact]
    public async Task An_amendment_never_leaves_the_mode_and_a_schedule_is_shown_replaced_and_cancelled()
    {
        var clock = new ManualClock();
        await using var router = await RunningRouter.StartAsync(Site(), clock);
        using var operators = new OperatorClient(router);

        await operators.SendAsync(
            "PUT",
            "/mode",
            """{"mode": "maintenance", "at": "2026-01-01T23:00:00Z", "until": "2026-01-02T01:00:00Z", "readOnlyBefore": "10s"}"""
        );
        var (_, scheduled) = await operators.SendAsync("GET", "/mode");
        scheduled["mode"]!.ToString().Should().Be("live");
        scheduled["next"]!
            .AsArray()
            .Select(step => $"{step!["mode"]} {step["at"]}")
            .Should()
            .Equal("read-only 2026-01-01T22:59:50+00:00", "maintenance 2026-01-01T23:00:00+00:00");

        var (_, replaced) = await operators.SendAsync("PUT", "/mode", """{"mode": "recovery", "at": "2026-01-01T23:30:00Z"}""");
        replaced["replaced"]!.AsArray().Select(step => step!["mode"]!.ToString()).Should().Equal("read-only", "maintenance");
        (await operators.SendAsync("DELETE", "/mode/next")).Status.Should().Be(200);
        (await operators.SendAsync("DELETE", "/mode/next")).Status.Should().Be(400, "nothing is scheduled any more");
        clock.Advance(TimeSpan.FromHours(2));
        router.Modes().Current.Name.Should().Be("live");

        await operators.SendAsync("PUT", "/mode", """{"mode": "maintenance"}""");
        var since = router.Modes().State.Since;
        clock.Advance(TimeSpan.FromMinutes(1));
        (await operators.SendAsync("PATCH", "/mode", """{"until": "2026-01-02T02:00:00Z"}""")).Status.Should().Be(200);
        (router.Modes().State.Since, router.Modes().State.Step.Until)
            .Should()
            .Be((since, new DateTimeOffset(2026, 1, 2, 2, 0, 0, TimeSpan.Zero)));
    }

    [Fact]
    public async Task An_announced_end_that_has_passed_is_shown_by_the_health_check_and_opens_nothing()
    {
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://backend.invalid").Mode("maintenance"));
        var (modes, now) = (router.Modes(), DateTimeOffset.UtcNow);
        var version = modes.State.Record.Version.Next;
        modes.Offer(
            new ModeRecord
            {
                Version = version,
                Written = now,
                Steps =
                [
                    new ModeStep
                    {
                        Mode = ModeCatalogue.Closed,
                        At = now.AddHours(-1),
                        Made = version,
                        Until = now.AddMinutes(-10),
                    },
                ],
            }
        );

        var status = System.Text.Json.Nodes.JsonNode.Parse((await router.GetAsync("http://localhost/_status")).Body)!;

        status["overrunSeconds"]!.GetValue<double>().Should().BeInRange(600, 630);
        status["mode"]!.ToString().Should().Be("maintenance");
    }

    [Fact]
    public async Task A_dry_run_says_what_would_happen_and_changes_nothing()
    {
        using var operators = new OperatorClient(unchanged.Router);

        var (unclear, problem) = await operators.SendAsync("PUT", "/mode?dryRun=yes", """{"mode": "maintenance"}""");
        var (status, body) = await operators.SendAsync("PUT", "/mode?dryRun=True", """{"mode": "maintenance"}""");

        unclear.Should().Be(400);
        problem["detail"]!.ToString().Should().Be("dryRun: is 'yes'. Send true or false.");
        (status, body["changed"]!.GetValue<bool>()).Should().Be((200, false));
        body["effects"]!.AsArray().Should().OnlyContain(effect => !effect!["reads"]!.GetValue<bool>());
        unchanged.Router.Modes().State.Record.Version.Number.Should().Be(1);
    }

    [Fact]
    public async Task The_verdict_comes_when_the_last_request_ends_and_names_it_until_then()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(Site(backend.Address));
        using var operators = new OperatorClient(router);
        using var client = await router.ConnectAsync();
        await client.WriteAsync("POST /save?secret=1 HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 0\r\n\r\n");
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        (await FleetAsync()).Should().Be((false, "OPEN on the only instance"));

        await operators.SendAsync("PUT", "/mode", """{"mode": "maintenance"}""");
        var (safe, verdict) = await FleetAsync();
        safe.Should().BeFalse();
        verdict.Should().Contain("1 request in flight").And.Contain("POST www.example.org/save").And.NotContain("secret");
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await client.ReadMessageAsync();
        await Eventually.Async(() => router.Blocking().Count == 0);

        (await FleetAsync()).Should().Be((true, "SAFE"));
        var (_, fleet) = await operators.SendAsync("GET", "/fleet");
        fleet["instances"]![0]!["report"]!["lastWrites"]![0]!["completed"].Should().NotBeNull();
        (await FleetAsync("?expect=2"))
            .Should()
            .Be(
                (
                    false,
                    $"NOT SAFE: 1 instance is live and 2 expected. Live: {Environment.MachineName}. No other instance has ever reported. "
                        + $"Start it, or correct --expect"
                )
            );
        (await operators.SendAsync("GET", "/fleet?expect=many")).Status.Should().Be(400);
        await router.Log.NextAsync("nothing is in flight to what");
        await Eventually.TrueAsync(async () => (await HistoryAsync()).Count() == 3);
        (await HistoryAsync()).Should().Equal("started live", "set maintenance", "drained maintenance");

        async Task<(bool, string)> FleetAsync(string query = "")
        {
            var (_, body) = await operators.SendAsync("GET", "/fleet" + query);
            return (body["safe"]!.GetValue<bool>(), body["verdict"]!.ToString());
        }

        async Task<IEnumerable<string>> HistoryAsync()
        {
            var (_, body) = await operators.SendAsync("GET", "/history");
            return body["entries"]!.AsArray().Select(entry => $"{entry!["kind"]} {entry["mode"]}");
        }
    }

    [Fact]
    public async Task A_form_of_another_site_in_an_operators_browser_changes_nothing()
    {
        using var operators = new OperatorClient(unchanged.Router);
        const string change = """{"mode": "maintenance"}""";

        (await operators.SendAsync("PUT", "/mode", change, ("Sec-Fetch-Site", "cross-site"))).Status.Should().Be(403);
        (await operators.SendAsync("PUT", "/mode", change, ("Origin", "https://evil.example"))).Status.Should().Be(403);
        (await operators.SendAsync("PUT", "/mode", change, ("Host", "evil.example")))
            .Status.Should()
            .Be(421, "a name of another site can lead here");
        using var text = new HttpRequestMessage(HttpMethod.Put, "/mode")
        {
            Content = new StringContent(change, new System.Net.Http.Headers.MediaTypeHeaderValue("text/plain")),
        };
        using var plain = await operators.GetAsync(text);
        plain.StatusCode.Should().Be(HttpStatusCode.UnsupportedMediaType);
        using var form = new HttpRequestMessage(HttpMethod.Post, "/mode")
        {
            Content = new FormUrlEncodedContent([new("mode", "maintenance")]),
        };
        using var posted = await operators.GetAsync(form);
        posted.IsSuccessStatusCode.Should().BeFalse();
        unchanged.Router.Modes().Current.Name.Should().Be("live");
    }

    [Fact]
    public async Task Without_the_token_nothing_is_shown_and_guessing_is_slowed_down_and_logged()
    {
        var clock = new ManualClock();
        await using var router = await RunningRouter.StartAsync(Site().Set("Management:Token", Token), clock);
        using var operators = new OperatorClient(router);

        (await operators.SendAsync("GET", "/mode")).Status.Should().Be(401);
        (await operators.SendAsync("GET", "/_status")).Status.Should().Be(401);
        (await router.Log.NextAsync("The management interface refused")).Should().Contain("127.0.0.1").And.NotContain(Token);
        (await operators.SendAsync("GET", "/mode", null, ("Authorization", $"bearer {Token}"))).Status.Should().Be(200);
        for (var i = 0; i < WrongTokens.AtOnce; i++)
            (await operators.SendAsync("GET", "/mode", null, ("Authorization", $"Bearer {Token}x"))).Status.Should().Be(401);
        (await operators.SendAsync("GET", "/mode", null, ("Authorization", $"Bearer {Token}x"))).Status.Should().Be(429);
        (await operators.SendAsync("GET", "/mode", null, ("Authorization", $"Bearer {Token}")))
            .Status.Should()
            .Be(200, "wrong tokens must not keep the operator out");
        clock.Advance(TimeSpan.FromMinutes(1));
        (await operators.SendAsync("GET", "/mode", null, ("Authorization", $"Bearer {Token}x"))).Status.Should().Be(401);
    }

    [Fact]
    public async Task Nothing_of_it_is_reachable_at_the_address_of_the_site()
    {
        (await unchanged.Router.GetAsync("http://localhost/mode")).Status.Should().Be(404);
        (await unchanged.Router.SendAsync("PUT", "http://localhost/mode", new StringContent("""{"mode":"maintenance"}""")))
            .Status.Should()
            .Be(404);
        unchanged.Router.Modes().Current.Name.Should().Be("live");
    }

    [Fact]
    public async Task A_chosen_address_that_is_in_use_stops_the_start_and_says_how_to_choose_another()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var starting = () =>
            RunningRouter.StartAsync(Site().Set("Management:Url", $"http://127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}"));

        (await starting.Should().ThrowAsync<ListenException>()).WithMessage("*Router:Management:Url*");
    }

    [Fact]
    public async Task It_serves_the_table_health_metrics_and_its_own_description()
    {
        await using var router = await RunningRouter.StartAsync(Site());
        using var operators = new OperatorClient(router);

        var (_, routes) = await operators.SendAsync("GET", "/routes");
        routes["routes"]!.AsArray().Select(route => route!["host"]!.ToString()).Should().BeEquivalentTo("www.*", "api.*");
        (await operators.SendAsync("GET", "/_status")).Body["mode"]!.ToString().Should().Be("live");
        using var metrics = await operators.GetAsync(new HttpRequestMessage(HttpMethod.Get, "/_metrics"));
        (await metrics.Content.ReadAsStringAsync())
            .Should()
            .Contain("router_mode_version")
            .And.Contain("router_mode_overrun_seconds")
            .And.Contain("router_mode_store_problem")
            .And.Contain("router_mode_blocking_requests")
            .And.Contain("router_uncertain_writes_total");
        var (_, description) = await operators.SendAsync("GET", "/openapi.json");
        description["components"]!["schemas"]!["Change"]!["properties"]!["mode"]!["enum"]!
            .AsArray()
            .Select(name => name!.ToString())
            .Should()
            .BeEquivalentTo(ModeCatalogue.All.Select(mode => mode.Name));
        foreach (var (path, methods) in description["paths"]!.AsObject())
        {
            foreach (var (method, operation) in methods!.AsObject())
            {
                // How the guard in front of every operation responds.
                operation!["responses"]!
                    .AsObject()
                    .Select(response => response.Key)
                    .Should()
                    .Contain(["401", "403", "421", "429"], $"{method} {path}");
                if (path is not ("/page/{id}" or "/report"))
                    (await StatusAsync(method, path)).Should().NotBe(404).And.NotBe(405, $"{method} {path} is described");
            }
        }

        (await StatusAsync("GET", "/other")).Should().Be(404);

        async Task<int> StatusAsync(string method, string path)
        {
            using var response = await operators.GetAsync(new HttpRequestMessage(new HttpMethod(method.ToUpperInvariant()), path));
            return (int)response.StatusCode;
        }
    }

    [Fact]
    public async Task A_decision_is_explained_step_by_step()
    {
        await using var router = await RunningRouter.StartAsync(
            Site().AllowList("admins", "203.0.113.9").Path("www.*", "/admin", allowList: "admins")
        );
        using var operators = new OperatorClient(router);

        var (_, allowed) = await operators.SendAsync(
            "GET",
            "/explain?url=https://www.example.org/admin/x&client=203.0.113.9&mode=recovery"
        );
        allowed["steps"]!
            .AsArray()
            .Select(step => $"{step!["name"]}: {step["result"]}")
            .Should()
            .ContainInOrder(
                "request: well-formed",
                "route: www.*//admin: host www.*, path /admin",
                "access: allowed: 203.0.113.9 is in admins (www.*//admin)",
                "mode: recovery closes the frontend for GET"
            );
        allowed["status"]!.GetValue<int>().Should().Be(503);
        var (_, refused) = await operators.SendAsync("GET", "/explain?url=https://www.example.org/admin/x&client=203.0.113.8");
        refused["status"]!.GetValue<int>().Should().Be(403);
        (await operators.SendAsync("GET", "/explain?url=nonsense&mode=closed&client=x")).Body["errors"]!.AsArray().Should().HaveCount(3);
    }

    /// <summary>The site of the cases whose requests change nothing.</summary>
    public sealed class Unchanged() : SharedWireMockSite(_ => Site());
}
