using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Router.Cli;
using Router.Modes;

namespace Router.Tests;

/// <summary>What the handler does, what <c>explain</c> says and what <c>check</c> prints come from one decision, and agree.</summary>
public sealed class AdmissionAgreementTests(AdmissionAgreementTests.Sites sites) : IClassFixture<AdmissionAgreementTests.Sites>
{
    private static readonly string[] Paths =
    [
        "/",
        "/admin/x",
        "/x/..%2Fadmin",
        "/x/_metrics",
        "/_metrics",
        "/_status",
        "/robots.txt",
        "/favicon.gif",
        "/assets/a.css",
        "/callbacks/7",
        "/%zz",
    ];

    public static TheoryData<string> ModeNames => [.. ModeCatalogue.All.Select(mode => mode.Name)];

    [Theory]
    [MemberData(nameof(ModeNames))]
    public async Task What_explain_says_is_what_the_handler_does(string mode)
    {
        var router = sites.In(mode);
        using var operators = new OperatorClient(router);
        foreach (var host in new[] { "www.example.org", "api.example.org", "other.example.org" })
        {
            foreach (var path in Paths)
            {
                foreach (var method in new[] { "GET", "POST", "OPTIONS" })
                {
                    var reply = await router.SendRawAsync($"{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n");
                    var explained = await ExplainAsync(operators, host, path, method);

                    // Nobody opens the site: a held request gets what a closed site responds.
                    var isHeld = explained["outcome"]!.GetValue<string>().StartsWith("held", StringComparison.Ordinal);
                    var isClosedOut = isHeld && !(path is "/robots.txt" && method is "GET");
                    ((int?)explained["status"] ?? (isClosedOut ? 503 : 200))
                        .Should()
                        .Be(reply.Status, $"{method} {host}{path} in {mode}: {explained}");
                }
            }
        }
    }

    [Fact]
    public async Task A_write_to_a_file_that_is_served_in_every_mode_is_explained_without_contradiction()
    {
        await using var router = await RunningRouter.StartAsync(Site("http://localhost:1").Mode("maintenance"));
        using var operators = new OperatorClient(router);

        var explained = await ExplainAsync(operators, "www.example.org", "/robots.txt", "POST");

        var steps = explained["steps"]!.AsArray().Select(step => $"{step!["name"]}: {step["result"]}").ToArray();
        steps[^1].Should().Be("mode: maintenance closes the frontend for POST");
        steps.Should().NotContain(step => step.Contains("every mode"));
        ((int?)explained["status"]).Should().Be(503);
    }

    [Theory]
    [InlineData("0.0.0.0/0, ::/0", "access: allowed: staff allows every IPv4 address (www)")]
    [InlineData("192.0.2.0/24", "access: denied: a client outside staff (www)")]
    public async Task Without_an_address_the_client_is_outside_of_every_list_that_does_not_allow_all(string ranges, string access)
    {
        await using var router = await RunningRouter.StartAsync(
            SiteFile
                .Of("www", "http://localhost:1")
                .AllowList("staff", ranges)
                .Set("Hosts:www:AllowList", "staff")
                .Set("Management:Url", "http://127.0.0.1:0")
        );
        using var operators = new OperatorClient(router);

        var (_, explained) = await operators.SendAsync("GET", "/explain?url=http://www/");

        explained["steps"]!.AsArray().Select(step => $"{step!["name"]}: {step["result"]}").Should().Contain(access);
    }

    [Theory]
    [InlineData("", "body size: at most 40MiB")]
    [InlineData("1000", "body size: at most 1000 bytes")]
    [InlineData("64KiB", "body size: at most 64KiB")]
    public async Task The_maximum_size_of_a_body_is_one_of_the_steps(string size, string step)
    {
        var site = OperatorClient.With(SiteFile.Of("www.*", "http://localhost:1"));
        await using var router = await RunningRouter.StartAsync(size is "" ? site : site.Set("Hosts:www.*:MaxRequestBody", size));
        using var operators = new OperatorClient(router);

        var explained = await ExplainAsync(operators, "www.example.org", "/", "POST");

        explained["steps"]!.AsArray().Select(it => $"{it!["name"]}: {it["result"]}").Should().Contain(step);
    }

    [Fact]
    public async Task Without_an_address_a_stage_is_explained_for_a_client_that_is_not_let_in()
    {
        await using var router = await RunningRouter.StartAsync(Site("http://localhost:1").Mode("maintenance"));
        using var operators = new OperatorClient(router);
        await router.SetAsync(
            new ModeChange
            {
                Mode = ModeCatalogue.All.Single(mode => mode.Name == "live"),
                Stages = new StagedOpening { Shares = [5, 100] },
            }
        );

        var (_, explained) = await operators.SendAsync("GET", "/explain?url=http://www.example.org/");

        explained["steps"]!
            .AsArray()
            .Select(step => $"{step!["name"]}: {step["result"]}")
            .Should()
            .Contain("stage: a client without an address is not one of the 5 % of clients who are let in: maintenance applies");
    }

    [Fact]
    public async Task A_tester_whose_address_has_a_bypass_is_explained_as_exempt()
    {
        await using var backend = WireMockBackend.RespondingText("forwarded");
        await using var router = await RunningRouter.StartAsync(Site(backend.Address).Mode("maintenance"));
        using var operators = new OperatorClient(router);
        var (_, bypass) = await operators.SendAsync("POST", "/bypass", """{"address": "192.0.2.7", "for": "1h"}""");

        var (_, explained) = await operators.SendAsync("GET", "/explain?url=http://www.example.org/&client=192.0.2.7");

        explained.ToString().Should().Contain($"exempt: bypass {bypass["id"]}");
        explained["status"].Should().BeNull();
    }

    [Fact]
    public async Task The_table_of_check_matches_the_decision_for_an_allowed_client()
    {
        var table = await CheckAsync(Site("http://localhost:1"));
        var modes = table[0].Skip(7).Select(name => name.ToLowerInvariant()).ToArray();
        foreach (var (mode, column) in modes.Select((mode, i) => (mode, 7 + i)))
        {
            var router = sites.In(mode);
            foreach (var row in table.Skip(1).Where(row => !row[6].StartsWith("staff", StringComparison.Ordinal)))
            {
                var url = (
                    Host: row[1].Replace("*", "example.org"),
                    Path: row[2] switch
                    {
                        "(every other path)" => "/",
                        "**/_metrics" => "/x/_metrics",
                        ['=', .. var exact] => exact,
                        var path => path,
                    }
                );
                var (get, post) = (await SendAsync("GET"), await SendAsync("POST"));

                var expected = (get, post) switch
                {
                    (200, 200) => "forward",
                    (200, _) => "read",
                    _ => get.ToString(CultureInfo.InvariantCulture),
                };
                // A file of a rule responds to every method that the mode lets through.
                row[column]
                    .Should()
                    .Be(
                        row[3].Contains('.') && get == 200 ? "file"
                            : get == 503 && mode == "hold" ? "wait"
                            : expected,
                        $"{row[0]} in {mode}"
                    );

                async Task<int> SendAsync(string method) =>
                    (await router.SendRawAsync($"{method} {url.Path} HTTP/1.1\r\nHost: {url.Host}\r\nContent-Length: 0\r\n\r\n")).Status;
            }
        }
    }

    private static async Task<JsonNode> ExplainAsync(OperatorClient operators, string host, string path, string method)
    {
        var (_, explained) = await operators.SendAsync(
            "GET",
            $"/explain?url={Uri.EscapeDataString($"http://{host}{path}")}&method={method}&client=127.0.0.1"
        );
        return explained;
    }

    private static async Task<List<string[]>> CheckAsync(SiteFile file)
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("router-test-").FullName, "site.json");
        await File.WriteAllTextAsync(path, file.ToString());
        await using var output = new StringWriter();
        (await CheckCommand.RunAsync(RunningRouter.Options(path, null), connects: false, CheckView.Wide, output)).Should().Be(0);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        return
        [
            .. output
                .ToString()
                .Split('\n')
                .SkipWhile(line => !line.StartsWith("ROUTE", StringComparison.Ordinal))
                .Where(line => line.Length > 0)
                .Select(line => Regex.Split(line, "  +")),
        ];
    }

    private static SiteFile Site(string backend) =>
        OperatorClient
            .With(new SiteFile())
            .Set("Hold:Timeout", "1ms")
            .Frontend("www", backend)
            .Api("api", backend)
            .AllowList("staff", "203.0.113.0/24")
            .Host("www.*", "www")
            .Path("www.*", "/admin", allowList: "staff")
            .Path("www.*", "**/_metrics", refuse: true)
            .Set("Hosts:www.*:Paths:robots:Match", "=/robots.txt")
            .Set("Hosts:www.*:Paths:robots:File", "robots-www.txt")
            .Set("Hosts:www.*:Paths:robots:InEveryMode", "true")
            .Set("Hosts:www.*:Paths:icon:Match", "=/favicon.gif")
            .Set("Hosts:www.*:Paths:icon:File", "favicon.gif")
            .Host("api.*", "api")
            .Path("api.*", "/callbacks", allowList: "everyone");

    /// <summary>The site in each mode; no case changes it.</summary>
    public sealed class Sites : IAsyncLifetime
    {
        private readonly Dictionary<string, RunningRouter> _routers = [];

        internal WireMockBackend Backend { get; } = WireMockBackend.RespondingText("ok");

        public async Task InitializeAsync()
        {
            foreach (var mode in ModeCatalogue.All)
                _routers[mode.Name] = await RunningRouter.StartAsync(Site(Backend.Address).Mode(mode.Name));
        }

        internal RunningRouter In(string mode) => _routers[mode];

        public async Task DisposeAsync()
        {
            foreach (var router in _routers.Values)
                await router.DisposeAsync();
            await Backend.DisposeAsync();
        }
    }
}
