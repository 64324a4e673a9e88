using Microsoft.Extensions.DependencyInjection;
using Router.Management;

namespace Router.Tests;

/// <summary>Who may read /_status and /_metrics on the site's port.</summary>
public sealed class StatusAccessTests
{
    [Fact]
    public async Task By_default_every_client_reads_the_status_and_the_metrics()
    {
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://www.invalid"));

        (await router.GetAsync("http://localhost/_status")).Body.Should().Contain("\"mode\": \"live\"");
        (await router.GetAsync("http://localhost/_metrics")).Body.Should().Contain("router_mode");
    }

    [Fact]
    public async Task With_an_allow_list_only_its_clients_read_them_and_health_checks_of_others_keep_working()
    {
        await using var router = await RunningRouter.StartAsync(
            SiteFile
                .Of("www.*", "http://www.invalid")
                .AllowList("monitoring", "203.0.113.0/24")
                .Set("TrustedProxies", "127.0.0.1/32")
                .Set("StatusAccess", "monitoring")
        );
        var listed = ("X-Forwarded-For", "203.0.113.7");

        (await router.GetAsync("http://localhost/_status", listed)).Body.Should().Contain("\"mode\": \"live\"");
        (await router.GetAsync("http://localhost/_metrics", listed)).Body.Should().Contain("router_mode");
        foreach (var path in new[] { "/_status", "/_status?ignore-dependencies", "/_status/anything", "/_statuses" })
        {
            var health = await router.GetAsync($"http://localhost{path}");
            (health.Status, health.Body.ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal))
                .Should()
                .Be((200, """{"status":"ok"}"""), path);
        }

        var metrics = await router.GetAsync("http://localhost/_metrics");
        metrics.Status.Should().Be(403);
        metrics.Body.Should().Contain("Router:StatusAccess").And.NotContain("router_mode");
    }

    [Fact]
    public async Task With_none_only_the_management_interface_has_them()
    {
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", "http://www.invalid").Set("Management:Url", "http://127.0.0.1:0").Set("StatusAccess", "none")
        );
        using var operators = new HttpClient { BaseAddress = new Uri(router.App.Services.GetRequiredService<ManagementServer>().Url!) };

        (await router.GetAsync("http://localhost/_metrics")).Status.Should().Be(403);
        (await router.GetAsync("http://localhost/_status")).Body.Should().NotContain("live");
        (await operators.GetStringAsync("/_metrics")).Should().Contain("router_mode");
        (await operators.GetStringAsync("/_status")).Should().Contain("\"mode\": \"live\"");
    }

    [Fact]
    public async Task A_reload_changes_who_may_read_them()
    {
        var site = SiteFile.Of("www.*", "http://www.invalid").AllowList("monitoring", "203.0.113.0/24");
        await using var router = await RunningRouter.StartAsync(site);

        (await router.GetAsync("http://localhost/_metrics")).Status.Should().Be(200);
        await router.ReconfigureAsync(site.Set("StatusAccess", "monitoring"));
        (await router.GetAsync("http://localhost/_metrics")).Status.Should().Be(403);
    }

    [Theory]
    [InlineData("monitorng", "'monitorng' is not configured. Name one of the allow lists (monitoring), everyone, or none")]
    [InlineData("none", "is none, and there is no management interface")]
    public void A_value_that_would_not_do_what_was_intended_is_an_error(string value, string problem)
    {
        var (_, errors) = SiteFile
            .Of("www.*", "http://www.invalid")
            .AllowList("monitoring", "203.0.113.0/24")
            .Set("Management:Url", "")
            .Set("StatusAccess", value)
            .Read();

        errors
            .Select(error => error.ToString())
            .Should()
            .ContainSingle()
            .Which.Should()
            .Contain("Router:StatusAccess")
            .And.Contain(problem);
    }
}
