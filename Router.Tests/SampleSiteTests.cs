using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Router.Cli;
using Router.Configuration;
using Router.Management;
using Router.Samples;

namespace Router.Tests;

public sealed partial class SampleSiteTests
{
    private static readonly (string, string) Development = ("ASPNETCORE_ENVIRONMENT", "Development");

    [Fact]
    public async Task With_nothing_configured_samples_stand_behind_the_whole_table()
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
            var answer = await router.GetAsync($"http://{api}.localhost/things/7");
            answer.Value("Content-Type").Should().StartWith("application/json");
            answer.Body.Should().Contain($"\"sample\":\"{api}\"").And.Contain("/things/7");
        }

        (await router.GetAsync("http://assets.localhost/g-cloud/documents/1.pdf")).Body.Should().Contain("documents");
        (await router.GetAsync("http://elsewhere.localhost/")).Status.Should().Be(404);
        (await router.GetAsync("http://localhost/_status")).Status.Should().Be(200);
    }

    [Fact]
    public async Task The_same_world_can_be_seen_in_recovery()
    {
        await using var router = await RunningRouter.StartWithItsOwnTableAsync(Development, ("DM_MODE", "recovery"));

        (await router.GetAsync("http://www.localhost/")).Status.Should().Be(503);
        (await router.GetAsync("http://assets.localhost/")).Status.Should().Be(503);
        (await router.GetAsync("http://api.localhost/")).Status.Should().Be(200);
        (await router.GetAsync("http://elsewhere.localhost/")).Status.Should().Be(503);
    }

    [Fact]
    public async Task The_welcome_says_the_table_the_mode_and_lines_to_try_that_work()
    {
        await using var router = await RunningRouter.StartWithItsOwnTableAsync(Development, ("DM_MODE", "recovery"));
        using var output = new StringWriter();

        Welcome.Write(router.App, output);

        var text = output.ToString();
        text.Should().Contain("mode recovery").And.Contain("www.*").And.Contain("frontend");
        text.Should()
            .Contain(
                $"mode set recovery --url {router.App.Services.GetRequiredService<ManagementServer>().Url} ",
                "a hint is for this very instance"
            );
        var lines = CurlLine().Matches(text);
        lines
            .Select(line => new Uri(line.Groups[1].Value).Host)
            .Should()
            .Contain(["www.localhost", "api.localhost", "assets.localhost", "localhost"]);
        foreach (var url in lines.Select(line => line.Groups[1].Value))
        {
            new Uri(url).Port.Should().Be(router.Endpoint.Port);
            (await router.GetAsync(url)).Status.Should().BeOneOf(200, 503);
        }
    }

    [Fact]
    public async Task In_Production_the_welcome_is_a_line_in_the_log_and_nothing_else()
    {
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://www.invalid").Mode("maintenance"));
        using var output = new StringWriter();

        Welcome.Write(router.App, output);

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
            .Which.Faults.All.Should()
            .Contain(error => error.Key.Contains("DM_FRONTEND_URL"));
    }

    [Fact]
    public async Task The_originals_environment_starts_the_same_site()
    {
        await using var frontend = RawBackend.Saying("frontend");
        await using var api = RawBackend.Saying("api");
        await using var store = RawBackend.Saying("store");
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

    [GeneratedRegex("curl -i (http://\\S+)")]
    private static partial Regex CurlLine();
}
