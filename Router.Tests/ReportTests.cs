using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Router.Cli;
using Router.Management;
using Router.Reports;

namespace Router.Tests;

/// <summary>The report of the last window, as the management interface gives it and the tool writes it.</summary>
public sealed class ReportTests
{
    [Fact]
    public async Task The_page_of_the_management_interface_and_the_file_of_the_tool_are_the_same_document()
    {
        await using var router = await RunningRouter.StartAsync(Site());
        using var operators = new OperatorClient(router);
        foreach (var mode in new[] { "maintenance", "live" })
        {
            var change = $$"""{"mode": "{{mode}}", "by": "anna", "reason": "<script>alert(1)</script>"}""";
            (await operators.SendAsync("PUT", "/mode", change)).Status.Should().Be(200);
            await Eventually.TrueAsync(() => Task.FromResult(router.Modes().Current.Name == mode));
        }

        // What each instance did at the change comes into the history a moment later.
        var (page, disposition) = ("", (ContentDispositionHeaderValue?)null);
        var file = Path.Combine(Directory.CreateTempSubdirectory().FullName, "window.html");
        await Eventually.TrueAsync(async () =>
        {
            using var response = await operators.GetAsync(new HttpRequestMessage(HttpMethod.Get, "/report?format=html"));
            (page, disposition) = (await response.Content.ReadAsStringAsync(), response.Content.Headers.ContentDisposition);
            (await Tool.RunAsync(Url(router), "mode", "report", file)).Code.Should().Be(0);
            return await File.ReadAllTextAsync(file) == page;
        });

        page.Should().Contain("<h1>Downtime</h1>").And.Contain("&lt;script&gt;alert(1)").And.NotContain("<script");
        disposition!.DispositionType.Should().Be("attachment");
        var (_, json) = await operators.SendAsync("GET", "/report");
        WindowReportPage.Of(json.Deserialize(ReportJson.Default.WindowReport)!).Should().Be(page);
        json["command"].Should().BeNull();
        var printed = await Tool.RunAsync(Url(router), "mode", "report");
        printed.Output.Should().StartWith("REPORT OF THE WINDOW: The window is over: OPEN").And.Contain("by:               anna");
    }

    [Fact]
    public async Task Without_a_window_there_is_nothing_to_report_and_an_unknown_format_is_refused()
    {
        await using var router = await RunningRouter.StartAsync(Site());
        using var operators = new OperatorClient(router);

        var (status, problem) = await operators.SendAsync("GET", "/report");
        (status, problem["type"]!.ToString()).Should().Be((404, "urn:router:no-window"));
        (await operators.SendAsync("GET", "/report?format=pdf")).Status.Should().Be(400);
        (await Tool.RunAsync(Url(router), "mode", "report", "window.pdf")).Code.Should().Be(ExitCode.WrongUse);
    }

    private static string Url(RunningRouter router) => router.App.Services.GetRequiredService<ManagementServer>().Url!;

    private static SiteFile Site() => OperatorClient.With(SiteFile.Of("www.*", "http://backend.invalid"));
}
