namespace Router.Tests;

/// <summary>The whole window as one command that is interrupted, killed or started twice: see <see cref="DowntimeSite"/>.</summary>
public sealed class DowntimeInterruptionTests
{
    [ProgramTheory("setsid", "util-linux")]
    [InlineData("INT", true, 130)]
    [InlineData("HUP", true, 129)]
    [InlineData("TERM", false, 143)]
    public async Task Control_C_a_closed_terminal_and_SIGTERM_end_the_command_and_leave_the_site_closed(
        string signal,
        bool toAll,
        int expected
    )
    {
        await using var site = await DowntimeSite.StartAsync();
        var tool = site.Downtime(site.Command("exec sleep 600"));
        await tool.LineAsync(DowntimeSite.Running);

        await tool.SignalAsync(signal, toAll);
        var (code, output) = await tool.DoneAsync();

        code.Should().Be(expected, output);
        (await site.VisitAsync()).Should().Be(503);
        var (again, resumed) = await site.RunAsync("--resume", "--command-done");
        (again, site.Runs).Should().Be((0, 1), resumed);
        (await site.VisitAsync()).Should().Be(200);
    }

    [ProgramFact("setsid", "util-linux")]
    public async Task A_tool_that_is_killed_while_it_waits_continues_there_whoever_changed_the_announcement_meanwhile()
    {
        await using var site = await DowntimeSite.StartAsync();
        var tool = site.Downtime(["--expect", "3", .. site.QuietCommand("true")]);
        await tool.LineAsync("2 instances are live and 3 expected");
        (await Tool.RunAsync(site.Two.ManagementUrl, "mode", "set", "maintenance", "--cut-after", "9s", "--operator", "bob"))
            .Code.Should()
            .Be(0);

        await tool.KillAsync();
        (await tool.ExitAsync()).Should().Be(137);

        var (again, resumed) = await site.RunAsync("--resume", "--expect", "2");
        (again, site.Runs).Should().Be((0, 1), resumed);
        (await site.VisitAsync()).Should().Be(200);
    }

    [ProgramFact("setsid", "util-linux")]
    public async Task A_tool_that_is_killed_while_the_command_runs_does_not_run_it_twice()
    {
        await using var site = await DowntimeSite.StartAsync();
        var tool = site.Downtime(site.Command("read line"));
        await tool.LineAsync(DowntimeSite.Running);

        await tool.KillAsync();
        (await tool.ExitAsync()).Should().Be(137);
        var (runs, still) = await site.RunAsync("--resume", "--rerun");
        await tool.TypeAsync("go");
        await tool.DoneAsync();
        var (unsure, refusal) = await site.RunAsync("--resume");
        var (again, resumed) = await site.RunAsync("--resume", "--command-done");

        (runs, unsure).Should().Be((1, 1));
        still.Should().Contain("The command still runs");
        refusal.Should().Contain("the command's exit code is unknown");
        (again, site.Runs).Should().Be((0, 1), resumed);
        (await site.VisitAsync()).Should().Be(200);
    }

    [ProgramTheory("redis-server", "redis-server")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_two_at_once_the_second_is_refused(bool redis)
    {
        await using var site = await DowntimeSite.StartAsync(redis);
        DowntimeTool[] both =
        [
            site.DowntimeAt(site.One, site.FileOf("one"), site.Command("read line")),
            site.DowntimeAt(site.Two, site.FileOf("two"), site.Command("read line")),
        ];

        var ends = both.Select(tool => tool.DoneAsync()).ToArray();
        var refused = await Task.WhenAny(ends);
        var winner = both[1 - Array.IndexOf(ends, refused)];

        var (code, output) = await refused;
        (code, output).Should().Be((1, output));
        output.Should().Contain("Refused").And.NotContain(DowntimeSite.Running);
        await winner.LineAsync(DowntimeSite.Running);
        await winner.TypeAsync("go");
        (await winner.DoneAsync()).Code.Should().Be(0);
        site.Runs.Should().Be(1);
    }
}
