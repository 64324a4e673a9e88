using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Router.Cli;
using Router.Configuration;
using Router.Hosting;
using Router.Management;
using Router.Samples;
using Router.Upstreams;

namespace Router.Tests;

public sealed partial class SampleSiteTests
{
    private static readonly (string, string) Development = ("ASPNETCORE_ENVIRONMENT", "Development");

    [Fact]
    public async Task With_nothing_configured_samples_serve_the_whole_table()
    {
        await using var router = await RunningRouter.StartWithItsOwnTableAsync(Development);

        var page = await router.GetAsync("http://www.localhost/hello");
        page.Status.Should().Be(200);
        page.Value("Content-Type").Should().StartWith("text/html");
        page.Body.Should().Contain("href=\"/static/site.css\"");
        var sheet = await router.GetAsync("http://www.localhost/static/site.css");
        sheet.Value("Content-Type").Should().StartWith("text/css");
        foreach (var api in new[] { "api", "search-api", "antivirus-api" })
        {
            var reply = await router.GetAsync($"http://{api}.localhost/things/7");
            reply.Value("Content-Type").Should().StartWith("application/json");
            reply.Body.Should().Contain($"\"sample\":\"{api}\"").And.Contain("/things/7");
        }

        (await router.GetAsync("http://assets.localhost/g-cloud/documents/1.pdf")).Body.Should().Contain("documents");
        (await router.GetAsync("http://elsewhere.localhost/")).Status.Should().Be(404);
        (await router.GetAsync("http://localhost/_status")).Status.Should().Be(200);
    }

    [Fact]
    public async Task The_samples_show_recovery_too()
    {
        await using var router = await RunningRouter.StartWithItsOwnTableAsync(Development, ("DM_MODE", "recovery"));

        (await router.GetAsync("http://www.localhost/")).Status.Should().Be(503);
        (await router.GetAsync("http://assets.localhost/")).Status.Should().Be(503);
        (await router.GetAsync("http://api.localhost/")).Status.Should().Be(200);
        (await router.GetAsync("http://elsewhere.localhost/")).Status.Should().Be(503);
    }

    [Fact]
    public async Task The_welcome_has_ten_lines_of_80_columns_at_most_and_each_command_in_it_works()
    {
        await using var router = await RunningRouter.StartWithItsOwnTableAsync(Development, ("DM_MODE", "recovery"));
        using var output = new StringWriter();

        Welcome.Write(router.App, isOnTerminal: false, output);

        var lines = output.ToString().TrimEnd().Split('\n');
        lines.Should().HaveCountLessThanOrEqualTo(10).And.OnlyContain(line => line.Length <= 80);
        lines[0].Should().Contain($"port {router.Endpoint.Port}").And.Contain("mode recovery");
        var management = router.App.Services.GetRequiredService<ManagementServer>().Url;
        lines
            .Should()
            .Contain($"  dotnet run --project Router -- mode set recovery --url {management}", "a hint is for this very instance")
            .And.Contain($"  dotnet run --project Router -- mode --url {management}")
            .And.Contain($"The operator's page: {management}/");
        var urls = CurlLine().Matches(output.ToString()).Select(line => new Uri(line.Groups[1].Value)).ToArray();
        urls.Should().HaveCount(3).And.OnlyContain(url => url.Port == router.Endpoint.Port);
        urls.Select(url => url.Host).Should().Equal("www.localhost", "api.localhost", "api.localhost");
        foreach (var url in urls.Where(url => url.Query is ""))
            (await router.GetAsync(url.OriginalString)).Status.Should().Be(url.Host == "www.localhost" ? 503 : 200);
        (await router.Log.NextAsync("Router listens on")).Should().Contain("recovery", "the log is not on the same terminal");
    }

    [Fact]
    public async Task A_slow_sample_keeps_a_request_in_flight_for_as_long_as_asked()
    {
        var clock = new ManualClock();
        await using var router = await RunningRouter.StartWithItsOwnTableAsync(clock, Development);
        foreach (var (host, backend) in new[] { ("www", "frontend"), ("api", "api") })
        {
            using var response = await router.BeginAsync("GET", $"http://{host}.localhost/slow?seconds=2");
            using var body = new StreamReader(await response.Content.ReadAsStreamAsync());

            foreach (var line in new[] { "2 s left", "1 s left" })
            {
                (await body.ReadLineAsync().InTime()).Should().Be(line);
                router.App.Services.GetRequiredService<UpstreamRegistry>().InFlight(backend).Should().Be(1);
                clock.Advance(TimeSpan.FromSeconds(1));
            }

            (await body.ReadToEndAsync().InTime()).Should().Be("done\n");
        }
    }

    [ProgramFact("script", "bsdutils")]
    public async Task On_a_terminal_nothing_but_the_welcome_is_printed()
    {
        var router = RouterProcess.Start();
        var start = new ProcessStartInfo(
            "script",
            // SIGINT may be inherited as ignored, and a shell that waited for Router would die of it.
            [
                "-qec",
                string.Join(' ', ["exec env --default-signal", router.FileName, .. router.ArgumentList, "--urls http://127.0.0.1:0"]),
                "/dev/null",
            ]
        )
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (var name in start.Environment.Keys.Except(router.Environment.Keys).ToArray())
            start.Environment.Remove(name);
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        start.Environment["Router__Management__Url"] = "http://127.0.0.1:0";

        using var process = Process.Start(start)!;
        var lines = new List<string>();
        while (lines is [] || !lines[^1].Contains("Ctrl+C", StringComparison.Ordinal))
            lines.Add((await process.StandardOutput.ReadLineAsync().InTime() ?? throw new IOException(string.Join('\n', lines))).TrimEnd());
        await process.StandardInput.WriteAsync('\u0003');
        await process.StandardInput.FlushAsync();
        await process.WaitForExitAsync().InTime();

        process.ExitCode.Should().Be(0);
        lines
            .Should()
            .HaveCountLessThanOrEqualTo(10)
            .And.OnlyContain(line => line.TrimStart('\u001b', '[', '?', '1', 'h', '=').Length <= 80);
        lines[0].Should().Contain("Router serves port ", "the console sets the terminal up before it");
    }

    [Fact]
    public async Task The_welcome_names_no_mode_before_the_mode_store_has_been_read()
    {
        var directory = Directory.CreateTempSubdirectory("router-welcome-").FullName;
        var site = SiteFile.Of("www.*", "").Set("ModeStore:File", Path.Combine(directory, "mode.json"));
        await using (var router = await RunningRouter.StartAsync(site, new ManualClock(), Development))
        {
            using var output = new StringWriter();

            Welcome.Write(router.App, isOnTerminal: false, output);

            var first = output.ToString().Split('\n')[0];
            first.Should().Be($"Router serves port {router.Endpoint.Port}, and is closed until it has read the mode.");
        }

        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task A_management_port_in_use_is_two_lines_of_the_welcome_that_say_what_to_do()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var url = $"http://{other.LocalEndpoint}";
        using var log = new MemoryStream();
        using var output = new StringWriter();
        var options = RunningRouter.Options(null, null, Development) with
        {
            Management = new ManagementSettings { Url = url },
            IsOnTerminal = true,
            AccessLog = Stream.Null,
            Log = log,
        };
        await using (var app = await RouterApplication.BuildAsync(options))
        {
            await app.StartAsync();
            Welcome.Write(app, isOnTerminal: true, output);
            await app.StopAsync();
        }

        log.Length.Should().Be(0, "the lines for newcomers say it");
        var lines = output.ToString().TrimEnd().Split('\n');
        lines.Should().HaveCountLessThanOrEqualTo(10).And.OnlyContain(line => line.Length <= 80);
        lines
            .Should()
            .ContainInOrder(
                $"Management can't listen on {url}. Give it another port:",
                "  Router__Management__Url=http://127.0.0.1:9901 dotnet run --project Router"
            );
    }

    [Fact]
    public async Task In_Production_the_welcome_is_a_line_in_the_log_and_nothing_else()
    {
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://www.invalid").Mode("maintenance"));
        using var output = new StringWriter();

        Welcome.Write(router.App, isOnTerminal: true, output);

        output.ToString().Should().BeEmpty();
        (await router.Log.NextAsync("Router listens on")).Should().Contain("maintenance");
    }

    [Fact]
    public async Task In_Production_no_samples_run()
    {
        var start = async () => await RunningRouter.StartWithItsOwnTableAsync();

        await start.Should().ThrowAsync<InvalidConfigurationException>();
    }

    [Fact]
    public async Task Where_one_backend_is_configured_no_samples_run()
    {
        var start = async () => await RunningRouter.StartWithItsOwnTableAsync(Development, ("DM_API_URL", "http://api.internal"));

        (await start.Should().ThrowAsync<InvalidConfigurationException>())
            .Which.Errors.All.Should()
            .Contain(error => error.Key.Contains("DM_FRONTEND_URL"));
    }

    [Fact]
    public async Task The_originals_environment_starts_the_same_site()
    {
        await using var frontend = WireMockBackend.RespondingText("frontend");
        await using var api = WireMockBackend.RespondingText("api");
        await using var store = WireMockBackend.RespondingText("store");
        await using var router = await RunningRouter.StartWithItsOwnTableAsync(
            ("DM_FRONTEND_URL", frontend.Address),
            ("DM_API_URL", api.Address),
            ("DM_SEARCH_API_URL", api.Address),
            ("DM_ANTIVIRUS_API_URL", api.Address),
            ("DM_DOCUMENTS_S3_URL", store.Address),
            ("DM_G7_DRAFT_DOCUMENTS_S3_URL", store.Address),
            ("DM_AGREEMENTS_S3_URL", store.Address),
            ("DM_COMMUNICATIONS_S3_URL", store.Address),
            ("DM_REPORTS_S3_URL", store.Address),
            ("DM_SUBMISSIONS_S3_URL", store.Address),
            ("DM_APP_AUTH", "dXNlcjpwYXNz"),
            ("DM_USER_IPS", "127.0.0.1"),
            ("DM_DEV_USER_IPS", "203.0.113.7"),
            ("DM_ADMIN_USER_IPS", "203.0.113.0/24,198.51.100.1"),
            ("DM_ENVIRONMENT", "preview"),
            ("DM_APP_NAME", "front-door"),
            ("DM_MODE", "live")
        );

        (await router.GetAsync("http://www.preview.example.org/")).Body.Should().Be("frontend");
        (await frontend.RequestAsync()).Value("Authorization").Should().Be("Basic dXNlcjpwYXNz");
        (await router.GetAsync("http://www.preview.example.org/admin")).Status.Should().Be(403);
        (await router.GetAsync("http://api.preview.example.org/")).Status.Should().Be(403);
        (await router.GetAsync("http://api.preview.example.org/callbacks")).Body.Should().Be("api");
        (await router.GetAsync("http://assets.preview.example.org/x/documents/y")).Body.Should().Be("store");
        (await router.GetAsync("http://assets.preview.example.org/static/y")).Body.Should().Be("frontend");
        router.App.Services.GetService<SampleSite>().Should().BeNull();
        (await router.GetAsync("http://localhost/_status"))
            .Body.Should()
            .Contain("\"stage\": \"preview\"")
            .And.Contain("\"application\": \"front-door\"");
    }

    [GeneratedRegex("curl -[iN] \"?(http://[^\\s\"]+)")]
    private static partial Regex CurlLine();
}
