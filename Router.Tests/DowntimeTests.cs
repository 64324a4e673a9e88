using System.Globalization;
using System.Text.Json.Nodes;
using Router.Cli;
using Router.Switching;

namespace Router.Tests;

/// <summary>
/// The whole window as one command: see <see cref="DowntimeSite"/>. The tool is a process of its own where its command prints or reads.
/// </summary>
public sealed class DowntimeTests
{
    private const string Site = "http://www.example.org/";

    [ProgramTheory("redis-server", "redis-server")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_window_closes_the_site_runs_the_command_when_safe_checks_opens_and_reports(bool redis)
    {
        await using var site = await DowntimeSite.StartAsync(redis);
        var (page, json, text) = (site.FileOf("window.html"), site.FileOf("window.json"), site.FileOf("window.txt"));
        var tool = site.Downtime([
            .. (string[])["--until", "+90m", "--reason", "We <b>move</b>", "--ticket", "CHG-1234", "--operator", "anna"],
            .. (string[])["--check", Site, "--check-via", $"http://{site.Two.Endpoint}"],
            .. (string[])["--report", page, "--report", json, "--report", text],
            .. site.Command(
                "echo \"window $ROUTER_WINDOW safe $ROUTER_SAFE_AT\"; cat \"$ROUTER_WINDOW_FILE\"; echo; read line; echo \"got $line\""
            ),
        ]);
        await tool.LineAsync("\"verdict\":\"SAFE\"");

        (await site.VisitAsync()).Should().Be(503);
        (await site.VisitAsync("POST", site.Two)).Should().Be(503);
        site.Backend.Requests.Should().BeEmpty("nothing reaches a closed backend");
        await tool.TypeAsync("go");
        var (code, output) = await tool.DoneAsync();

        code.Should().Be(0, output);
        output.Should().Contain("got go").And.MatchRegex("window 20.*/\\d+ safe 20\\S+Z");
        output
            .Should()
            .MatchRegex("anna set the mode maintenance, announced until 20[\\d-]+ [\\d:]+ [+-]", "a time, not the option")
            .And.Contain("The check passed");
        (await site.VisitAsync()).Should().Be(200);
        site.Backend.Requests[0].Values("X-Router-Bypass").Should().BeEmpty();
        var report = JsonNode.Parse(await File.ReadAllTextAsync(json))!;
        report["ticket"]!.GetValue<string>().Should().Be("CHG-1234");
        report["by"]!.GetValue<string>().Should().Be("anna");
        report["rejected"]!.GetValue<long>().Should().Be(2);
        report["rejectedWrites"]!.GetValue<long>().Should().Be(1);
        report["bypassed"]!.GetValue<long>().Should().Be(1, "the check is the only one");
        report["closedSeconds"]!.GetValue<double>().Should().BePositive();
        report["checks"]![0]!["passed"]!.GetValue<bool>().Should().BeTrue();
        report["instances"]!.AsArray().Should().HaveCount(2);
        (await File.ReadAllTextAsync(page)).Should().Contain("We &lt;b&gt;move&lt;/b&gt;").And.NotContain("<b>");
        (await File.ReadAllTextAsync(text)).Should().Contain("rejected:").And.Contain("2 requests, 1 of them writes");
        Directory.GetFiles(site.State).Should().BeEmpty("there is nothing to resume");
    }

    [Fact]
    public async Task A_command_that_fails_leaves_the_site_closed_and_is_run_again_only_on_request()
    {
        await using var site = await DowntimeSite.StartAsync();

        var (code, output) = await site.RunAsync(site.QuietCommand($"test -e '{site.FileOf("fixed")}' || exit 7"));
        var (unsure, refusal) = await site.RunAsync("--resume");

        code.Should().Be(7, output);
        output
            .Should()
            .Contain($"router downtime --url {site.One.ManagementUrl} --state {site.State} --resume --rerun")
            .And.Contain("The tool leaves the site as it is");
        (await site.VisitAsync()).Should().Be(503);
        (unsure, site.Runs).Should().Be((1, 1), refusal);
        refusal.Should().Contain("The command ended with 7");
        await File.WriteAllTextAsync(site.FileOf("fixed"), "");
        var (again, resumed) = await site.RunAsync("--resume", "--rerun");
        (again, site.Runs).Should().Be((0, 2), resumed);
        (await site.VisitAsync()).Should().Be(200);
    }

    [Fact]
    public async Task A_check_that_fails_leaves_the_site_closed_without_a_bypass_and_resume_checks_again()
    {
        await using var site = await DowntimeSite.StartAsync();
        var via = $"http://{site.Two.Endpoint}";

        var (code, output) = await site.RunAsync(["--check", $"302={Site}", "--check-via", via, .. site.QuietCommand("true")]);

        code.Should().Be(1, output);
        output.Should().Contain($"FAILED: {Site} responded with 200, expected 302");
        (await site.VisitAsync()).Should().Be(503);
        (await Tool.RunAsync(site.One.ManagementUrl, "mode")).Output.Should().NotContain("bypass:");
        var (again, resumed) = await site.RunAsync("--resume", "--check", Site);
        (again, site.Runs).Should().Be((0, 1), resumed);
        (await site.VisitAsync()).Should().Be(200);
    }

    [Fact]
    public async Task A_check_whose_front_door_cannot_be_resolved_names_the_option_that_takes_its_address()
    {
        await using var site = await DowntimeSite.StartAsync();

        var (code, output) = await site.RunAsync(["--check", "http://www.example.invalid/", .. site.QuietCommand("true")]);

        code.Should().Be(1, output);
        output
            .Should()
            .Contain("FAILED: http://www.example.invalid/ did not respond: ")
            .And.Contain("To connect to Router by its address, add --check-via, such as http://127.0.0.1:8080")
            .And.Contain("The check failed. The site stays closed");
        var (again, resumed) = await site.RunAsync("--resume", "--check-via", $"http://{site.Two.Endpoint}");
        again.Should().Be(0, resumed);
        resumed.Should().Contain("Check passed: http://www.example.invalid/ responded with 200");
    }

    [Fact]
    public async Task A_command_does_not_run_where_the_site_is_not_safe_and_resume_waits_again()
    {
        await using var site = await DowntimeSite.StartAsync();

        var (code, output) = await site.RunAsync(["--expect", "3", "--timeout", "2s", .. site.QuietCommand("true")]);

        (code, site.Runs).Should().Be((1, 0), output);
        output
            .Should()
            .Contain("2 instances are live and 3 expected")
            .And.MatchRegex(@"To wait for the verdict: router mode --url \S+ --wait --expect 3\n");
        var (wrong, refusal) = await site.RunAsync("--resume", "--until", "+60m");
        (wrong, refusal)
            .Should()
            .Match<(int Code, string Text)>(it => it.Code == 2 && it.Text.Contains("--until does not apply to --resume"));
        var (again, resumed) = await site.RunAsync("--resume", "--expect", "2", "--timeout", "1m");
        (again, site.Runs).Should().Be((0, 1), resumed);
    }

    [ProgramFact("setsid", "util-linux")]
    public async Task An_opening_of_the_site_is_reported_at_once_and_the_command_is_terminated_with_its_children()
    {
        await using var site = await DowntimeSite.StartAsync();
        var tool = site.Downtime(["--stop-if-unsafe", .. site.Command("sleep 600 & printf 'sleeping %s\\n' \"as $!\"; wait")]);
        await tool.LineAsync("sleeping as ");
        var sleeping = int.Parse(
            tool.Output.Split('\n').Single(line => line.StartsWith("sleeping as ", StringComparison.Ordinal))["sleeping as ".Length..],
            CultureInfo.InvariantCulture
        );

        (await Tool.RunAsync(site.Two.ManagementUrl, "mode", "set", "live", "--operator", "ben")).Code.Should().Be(0);
        await tool.LineAsync("Somebody has opened the site: the mode is live");
        var (code, output) = await tool.DoneAsync();

        code.Should().Be(143, output);
        output.Should().Contain("set by ben").And.Contain("terminated");
        ProcessIdentity.Of(sleeping).Should().BeNull("what it has started has ended too");
        (await site.VisitAsync()).Should().Be(200, "the tool leaves the site as it is");
    }

    [ProgramTheory("setsid", "util-linux")]
    [InlineData("live")]
    [InlineData("no")]
    public async Task An_opening_that_the_tool_could_not_see_is_no_success(string reopen)
    {
        await using var site = await DowntimeSite.StartAsync();
        var tool = site.Downtime(["--reopen", reopen, .. site.Command("read line")]);
        await tool.LineAsync(DowntimeSite.Running);

        await site.One.App.StopAsync();
        (await Tool.RunAsync(site.Two.ManagementUrl, "mode", "set", "live", "--operator", "ben", "--wait")).Code.Should().Be(0);
        await tool.TypeAsync("go");
        var (code, output) = await tool.DoneAsync();

        code.Should().Be(ExitCode.NoConnection, output);
        output.Should().NotContain("The command is done").And.NotContain("The window is over");
        var (again, resumed) = await site.DowntimeAt(site.Two, site.State, "--resume", "--expect", "1").DoneAsync();
        again.Should().Be(ExitCode.NotDone, resumed);
        resumed
            .Should()
            .Contain(reopen == "no" ? "There is no window to resume" : "The window is not in force any more")
            .And.Contain("set by ben");
    }

    [ProgramFact("setsid", "util-linux")]
    public async Task A_write_that_reaches_a_closed_backend_is_reported_and_the_site_is_not_opened_without_an_operator()
    {
        await using var site = await DowntimeSite.StartAsync();
        var tool = site.Downtime(site.Command("read line"));
        await tool.LineAsync(DowntimeSite.Running);

        (await site.VisitAsync("POST", token: await site.BypassAsync())).Should().Be(200);
        await tool.LineAsync("A write has reached www, which is closed");
        await tool.TypeAsync("go");
        var (code, output) = await tool.DoneAsync();

        code.Should().Be(1, output);
        (await site.VisitAsync()).Should().Be(503);
        (await site.RunAsync("--resume")).Code.Should().Be(0);
        (await site.VisitAsync()).Should().Be(200);
    }

    [ProgramFact("setsid", "util-linux")]
    public async Task The_announced_end_is_extended_by_itself_as_often_as_asked_for()
    {
        await using var site = await DowntimeSite.StartAsync();
        var tool = site.Downtime(["--until", "+5s", "--extend-by", "1s", "--extend-times", "2", .. site.Command("read line")]);

        await tool.LineAsync("extension 1 of at most 2");
        await tool.LineAsync("extension 2 of at most 2");
        await tool.LineAsync("OVERRUN: the announced end");
        await tool.TypeAsync("go");
        (await tool.DoneAsync()).Code.Should().Be(0);
    }

    [Fact]
    public async Task A_window_in_hold_ends_with_a_reopening_in_stages()
    {
        await using var site = await DowntimeSite.StartAsync();
        var done = site.RunAsync([
            "--mode",
            "hold",
            "--stages",
            "99.99%,100%",
            "--every",
            "1s",
            "--at-least",
            "1",
            .. site.QuietCommand("true"),
        ]);
        // The gate of a stage needs requests. Those that come before it wait.
        while (!done.IsCompleted)
        {
            await site.VisitAsync();
            await Task.WhenAny(done, Task.Delay(20));
        }

        var (code, output) = await done;
        (code, site.Runs).Should().Be((0, 1), output);
        output.Should().Contain("SAFE").And.Contain("OPEN");
        (await site.VisitAsync()).Should().Be(200);
    }

    [Fact]
    public async Task Invalid_stages_are_refused_before_anything_is_closed()
    {
        await using var site = await DowntimeSite.StartAsync();

        var (code, output) = await site.RunAsync(["--stages", "25%,5%", .. site.QuietCommand("true")]);

        (code, site.Runs).Should().Be((2, 0), output);
        output.Should().Contain("--stages: is '25%,5%'. Give two to");
        (await site.VisitAsync()).Should().Be(200);
    }
}
