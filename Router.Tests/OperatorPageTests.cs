using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Router.Management;
using Router.Switching;
using Router.Upstreams;

namespace Router.Tests;

/// <summary>The operator's page as a client sees it that is no browser.</summary>
public sealed class OperatorPageTests(OperatorPageTests.Open open, OperatorPageTests.Guarded guarded)
    : IClassFixture<OperatorPageTests.Open>,
        IClassFixture<OperatorPageTests.Guarded>
{
    private const string Token = "0123456789abcdef0123456789abcdef";
    private const string ReadToken = "fedcba9876543210fedcba9876543210";

    private static SiteFile Site(string address = "http://backend.invalid") =>
        OperatorClient.With(SiteFile.Of("www.*", address).Set("Stage", "production"));

    [Fact]
    public void All_its_files_together_have_less_than_60_kilobytes() =>
        Directory
            .EnumerateFiles(OperatorPage.Directory)
            .Sum(file => new FileInfo(file).Length)
            .Should()
            .BePositive()
            .And.BeLessThan(60_000);

    [Fact]
    public async Task Its_files_have_a_strict_policy_and_need_no_token()
    {
        using var operators = new OperatorClient(guarded.Router);
        foreach (var path in new[] { "/", "/operator/operator.css", "/operator/operator.js", "/operator/view.js", "/operator/texts.json" })
        {
            using var response = await GetAsync(operators, path);

            response.StatusCode.Should().Be(HttpStatusCode.OK, path);
            Value(response, "Content-Security-Policy")
                .Should()
                .StartWith("default-src 'none'; script-src 'self'; style-src 'self'")
                .And.Contain("frame-ancestors 'none'")
                .And.NotContain("unsafe");
            Value(response, "X-Content-Type-Options").Should().Be("nosniff");
            Value(response, "X-Frame-Options").Should().Be("DENY");
            Value(response, "Referrer-Policy").Should().Be("no-referrer");
            Value(response, "Cross-Origin-Resource-Policy").Should().Be("same-origin");
            var tag = Value(response, "ETag");
            using var again = await GetAsync(operators, path, ("If-None-Match", tag));
            again.StatusCode.Should().Be(HttpStatusCode.NotModified, path);
        }

        using var page = await GetAsync(operators, "/");
        (await page.Content.ReadAsStringAsync()).Should().NotContain("<style").And.NotContain("style=").And.NotContain("onclick");
        using var events = await GetAsync(operators, "/events");
        events.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task It_can_be_turned_off()
    {
        await using var router = await RunningRouter.StartAsync(Site().Set("Management:Page", "false"));
        using var operators = new OperatorClient(router);

        (await operators.SendAsync("GET", "/")).Status.Should().Be(404);
        (await operators.SendAsync("GET", "/mode")).Status.Should().Be(200);
    }

    [Fact]
    public async Task The_read_token_reads_everything_and_changes_nothing()
    {
        using var operators = new OperatorClient(guarded.Router);
        var reader = ("Authorization", $"Bearer {ReadToken}");

        (await operators.SendAsync("GET", "/fleet", null, reader)).Status.Should().Be(200);
        (await operators.SendAsync("GET", "/history", null, reader)).Status.Should().Be(200);
        foreach (
            var (method, path) in new[]
            {
                ("PUT", "/mode"),
                ("PUT", "/mode?dryRun=true"),
                ("PATCH", "/mode"),
                ("DELETE", "/mode/next"),
                ("POST", "/mode/stages"),
                ("POST", "/bypass"),
                ("DELETE", "/bypass/1"),
                ("POST", "/fleet/forget"),
                ("POST", "/writes/accept"),
                ("POST", "/reload"),
            }
        )
        {
            var (status, body) = await operators.SendAsync(method, path, """{"mode": "maintenance"}""", reader);
            (status, body["type"]!.ToString()).Should().Be((403, "urn:router:read-only-token"), $"{method} {path}");
        }

        guarded.Router.Modes().Current.Name.Should().Be("live");
        (await FirstEventAsync(operators, reader)).Should().Be("""event: access\ndata: {"readOnly":true}""".Replace("\\n", "\n"));
        (await FirstEventAsync(operators, ("Authorization", $"Bearer {Token}"))).Should().EndWith("""{"readOnly":false}""");
    }

    [Theory]
    [InlineData("localhost", 200)]
    [InlineData("127.0.0.1", 200)]
    [InlineData("[::1]", 200)]
    [InlineData("192.0.2.1", 421)]
    [InlineData("router.example.org", 421)]
    [InlineData("localhost.example.org", 421)]
    public async Task Without_a_token_it_accepts_only_loopback_names(string host, int status)
    {
        using var operators = new OperatorClient(open.Router);
        foreach (var path in new[] { "/", "/operator/view.js", "/events", "/fleet" })
        {
            using var response = await GetAsync(operators, path, ("Host", host));
            ((int)response.StatusCode).Should().Be(status, path);
        }
    }

    [Fact]
    public async Task Another_site_can_link_to_the_page_and_use_nothing_of_it()
    {
        using var operators = new OperatorClient(open.Router);
        (string, string)[] link = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];
        (string, string)[] frame = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe")];
        (string, string)[] script = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "script")];

        (await StatusAsync("/", link)).Should().Be(200);
        (await StatusAsync("/", frame)).Should().Be(403);
        (await StatusAsync("/operator/view.js", script)).Should().Be(403);
        (await StatusAsync("/fleet", link)).Should().Be(403);
        (await StatusAsync("/events", link)).Should().Be(403);

        async Task<int> StatusAsync(string path, (string, string)[] headers)
        {
            using var response = await GetAsync(operators, path, headers);
            return (int)response.StatusCode;
        }
    }

    [Fact]
    public async Task A_dry_run_shows_the_page_that_visitors_will_see_in_a_sandbox()
    {
        using var operators = new OperatorClient(guarded.Router);
        const string change = """{"mode": "maintenance", "reason": "<script>alert(1)</script>"}""";

        var (_, dry) = await operators.SendAsync("PUT", "/mode?dryRun=true", change, ("Authorization", $"Bearer {Token}"));

        using var preview = await GetAsync(operators, dry["page"]!.ToString());
        Value(preview, "Content-Security-Policy").Should().StartWith("sandbox; default-src 'none'").And.Contain("frame-ancestors 'self'");
        (await preview.Content.ReadAsStringAsync())
            .Should()
            .Contain("Sorry, the service is unavailable")
            .And.Contain("&lt;script&gt;alert(1)")
            .And.NotContain("<script>alert(1)");
        (await operators.SendAsync("GET", "/page/0")).Status.Should().Be(404);
        guarded.Router.Modes().Current.Name.Should().Be("live");
        var (_, opening) = await operators.SendAsync(
            "PUT",
            "/mode?dryRun=true",
            """{"mode": "live"}""",
            ("Authorization", $"Bearer {Token}")
        );
        opening["page"].Should().BeNull();
    }

    [Fact]
    public async Task Events_have_everything_first_and_then_only_what_has_changed()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await RunningRouter.StartAsync(Site(backend.Address));
        using var operators = new OperatorClient(router);
        using var events = new StreamReader(await (await GetAsync(operators, "/events")).Content.ReadAsStreamAsync());
        await NextAsync(events);

        var first = await UpdateAsync(events);
        first["whole"]!.GetValue<bool>().Should().BeTrue();
        first["site"]!["isProduction"]!.GetValue<bool>().Should().BeTrue();
        first["mode"]!["mode"]!.ToString().Should().Be("live");
        first["verdict"]!["state"]!.ToString().Should().Be("open");
        first["instances"]!.AsObject().Should().ContainSingle();
        first["backends"]![0]!["requests"]!.AsArray().Should().HaveCount(TrafficWindow.Intervals);

        (await operators.SendAsync("PUT", "/mode", """{"mode": "maintenance"}""")).Status.Should().Be(200);
        JsonNode change;
        do change = await UpdateAsync(events);
        while (change["mode"] is null);
        change["mode"]!["mode"]!.ToString().Should().Be("maintenance");
        change["whole"]!.GetValue<bool>().Should().BeFalse();
        change["site"].Should().BeNull("it has not changed");
        (await UntilAsync(events, text => text == ":")).Should().Be(":", "while nothing happens only a comment is sent");
    }

    [Fact]
    public async Task Each_page_gets_the_verdict_on_the_number_of_instances_that_its_operator_expects()
    {
        await using var router = await RunningRouter.StartAsync(Site());
        using var operators = new OperatorClient(router);
        (await operators.SendAsync("PUT", "/mode", """{"mode": "maintenance"}""")).Status.Should().Be(200);
        await Eventually.TrueAsync(async () => (await operators.SendAsync("GET", "/fleet")).Body["safe"]!.GetValue<bool>());
        foreach (
            var (path, state, kind) in new[]
            {
                ("/events", "safe", null),
                ("/events?expect=1", "safe", null),
                ("/events?expect=2", "not_safe", "missing"),
            }
        )
        {
            using var events = new StreamReader(await (await GetAsync(operators, path)).Content.ReadAsStreamAsync());

            var verdict = (await UpdateAsync(events))["verdict"]!;

            (verdict["state"]!.ToString(), verdict["reasons"]!.AsArray().FirstOrDefault()?["kind"]?.ToString())
                .Should()
                .Be((state, kind), path);
        }

        foreach (var wrong in new[] { "0", "10001", "two" })
            (await operators.SendAsync("GET", $"/events?expect={wrong}")).Status.Should().Be(400);
    }

    [Fact]
    public async Task Open_pages_keep_no_instance_from_stopping_and_their_number_is_bounded()
    {
        await using var router = await RunningRouter.StartAsync(Site());
        using var operators = new OperatorClient(router);
        var pages = new List<HttpResponseMessage>();
        for (var i = 0; i < LivePublisher.MaxPages; i++)
            pages.Add(await GetAsync(operators, "/events"));
        pages.Should().OnlyContain(page => page.IsSuccessStatusCode);

        (await operators.SendAsync("GET", "/events")).Status.Should().Be(503);

        pages[0].Dispose();
        await Eventually.TrueAsync(async () =>
        {
            using var again = await GetAsync(operators, "/events");
            return again.IsSuccessStatusCode;
        });
        await router.App.StopAsync().InTime();
        pages.ForEach(page => page.Dispose());
    }

    [Theory]
    [InlineData(2, 10, 1.012)]
    [InlineData(500, 10, 4)]
    [InlineData(5000, 10, 4.5)]
    [InlineData(500, 3, 1)]
    [InlineData(500, 1, 1)]
    public void A_large_fleet_is_read_less_often_and_often_enough_that_no_report_expires_between_two_readings(
        int instances,
        double expirySeconds,
        double intervalSeconds
    ) => LivePublisher.ReadIntervalFor(instances, TimeSpan.FromSeconds(expirySeconds)).Should().Be(TimeSpan.FromSeconds(intervalSeconds));

    [Fact]
    public void The_traffic_of_the_last_minutes_is_what_the_totals_grew_by_through_all_instances()
    {
        var window = new TrafficWindow();
        var now = DateTimeOffset.UnixEpoch.AddDays(1);
        window.Observe([Report("a", 100, 5, 10), Report("b", 40, 0, 1)], now);
        window.Of("www").Requests.Should().OnlyContain(count => count == 0, "what happened before is not of the last minutes");

        window.Observe([Report("a", 110, 6, 11), Report("b", 45, 0, 1.5)], now.AddSeconds(1));
        window.Observe([Report("a", 111, 6, 11), Report("b", 45, 0, 1.5), Report("c", 7, 7, 0, now.AddSeconds(4))], now.AddSeconds(6));

        var (requests, errors, latency) = window.Of("WWW");
        requests[^2..].Should().Equal(15, 8);
        errors[^2..].Should().Equal(1, 7);
        latency.Should().BeApproximately(1.5 / 23, 0.0001);
        window.Observe([Report("a", 500, 6, 11)], now.AddMinutes(30));
        window.Of("www").Requests.Should().OnlyContain(count => count == 0, "nobody looked for half an hour");
    }

    private static InstanceReport Report(string id, long requests, long errors, double seconds, DateTimeOffset started = default) =>
        new()
        {
            Name = id,
            Id = id,
            Started = started,
            Version = new(1),
            StepMade = new(1),
            Mode = "live",
            Since = default,
            Backends = [new BackendTraffic("www", requests, errors, seconds, 0, CircuitState.Closed)],
        };

    private static Task<HttpResponseMessage> GetAsync(OperatorClient operators, string path, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return operators.GetAsync(request);
    }

    private static string Value(HttpResponseMessage response, string name) =>
        string.Join(", ", response.Headers.TryGetValues(name, out var values) ? values : []);

    private static async Task<string> FirstEventAsync(OperatorClient operators, (string, string) header)
    {
        using var response = await GetAsync(operators, "/events", header);
        using var events = new StreamReader(await response.Content.ReadAsStreamAsync());
        return await NextAsync(events);
    }

    private static async Task<JsonNode> UpdateAsync(StreamReader events)
    {
        var text = await UntilAsync(events, text => text.StartsWith("event: update", StringComparison.Ordinal));
        return JsonNode.Parse(text[(text.IndexOf("data: ", StringComparison.Ordinal) + "data: ".Length)..])!;
    }

    private static async Task<string> UntilAsync(StreamReader events, Func<string, bool> isIt)
    {
        string text;
        do text = await NextAsync(events);
        while (!isIt(text));
        return text;
    }

    private static async Task<string> NextAsync(StreamReader events)
    {
        var text = new StringBuilder();
        while (await events.ReadLineAsync().InTime() is { Length: > 0 } line)
            text.Append(text.Length > 0 ? "\n" : "").Append(line);
        return text.ToString();
    }

    /// <summary>A site without a token. No case changes anything in it.</summary>
    public sealed class Open() : SharedSite(Site);

    /// <summary>A site with a token for operators and one for those who only read. No case changes anything in it.</summary>
    public sealed class Guarded()
        : SharedSite(address => Site(address).Set("Management:Token", Token).Set("Management:ReadToken", ReadToken));
}
