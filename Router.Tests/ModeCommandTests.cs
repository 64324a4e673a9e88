using Microsoft.Extensions.DependencyInjection;
using Router.Cli;
using Router.Serving.Management;
using Router.Switching;

namespace Router.Tests;

public sealed class ModeCommandTests
{
    [Fact]
    public async Task A_switch_that_is_waited_for_names_what_is_in_the_way_and_ends_with_the_verdict()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(Management.With(SiteFile.Of("www.*", backend)));
        using var client = await router.ConnectAsync();
        await client.WriteAsync("GET /slow?secret=1 HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();

        var waiting = Tool.RunAsync(UrlOf(router), "mode", "set", "maintenance", "--reason", "restore db", "--until", "+30m", "--wait");
        await Eventually.Async(() => router.InTheWay().Count == 1);
        var (_, shown, _) = await Tool.RunAsync(UrlOf(router), "mode");
        shown.Should().Contain("GET www.example.org/slow").And.Contain("NOT SAFE").And.Contain("reason:    restore db").And.NotContain("secret");
        waiting.IsCompleted.Should().BeFalse("something is in flight");
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

        var (code, output, _) = await waiting;
        code.Should().Be(0);
        output.TrimEnd().Should().EndWith("\nSAFE");
    }

    [Fact]
    public async Task What_is_not_cut_in_time_is_cut_and_the_write_is_shown_whose_outcome_is_unknown()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(Management.With(SiteFile.Of("www.*", backend)));
        using var client = await router.ConnectAsync();
        await client.WriteAsync("POST /save HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 0\r\n\r\n");
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();

        (await Tool.RunAsync(UrlOf(router), "mode", "set", "maintenance", "--cut-after", "0s", "--wait")).Code.Should().Be(0);

        (await Tool.RunAsync(UrlOf(router), "mode")).Output.Should().Contain("OUTCOME UNKNOWN").And.Contain("POST www.example.org/save");
        (await Tool.RunAsync(UrlOf(router), "mode", "history")).Output.Should().Contain("1 cut, 1 writes of unknown outcome");
    }

    [Theory]
    [InlineData(RouterCommand.WrongUse, "Choose one of", "mode", "set", "closed")]
    [InlineData(RouterCommand.WrongUse, "is not a time", "mode", "set", "maintenance", "--until", "later")]
    [InlineData(RouterCommand.NotDone, "Nothing was changed", "mode", "set", "maintenance", "--if-version", "7")]
    [InlineData(RouterCommand.WrongUse, "nothing to cancel", "mode", "cancel")]
    [InlineData(RouterCommand.NoConnection, "No connection", "mode", "--url", "http://127.0.0.1:1")]
    public async Task The_exit_code_says_what_became_of_it_and_the_message_what_to_do(int code, string message, params string[] arguments)
    {
        await using var router = await RunningRouter.StartAsync(Management.With(SiteFile.Of("www.*", "http://backend.invalid")));

        var (exit, _, errors) = await Tool.RunAsync(UrlOf(router), arguments);

        exit.Should().Be(code);
        errors.Should().Contain(message);
        router.Modes().Current.Name.Should().Be("live");
    }

    [Fact]
    public void The_history_says_how_long_each_mode_was_in_force()
    {
        var start = new DateTimeOffset(2026, 1, 1, 22, 0, 0, TimeSpan.Zero);
        using var output = new StringWriter();

        ModeReport.Write(new HistoryDocument([
            Entry(1, "set", "maintenance", 0, 2), Entry(1, "drained", "maintenance", 5), Entry(2, "extended", "maintenance", 30, 2), Entry(3, "set", "live", 90, 92),
            Entry(4, "set", "recovery", 100, 500), Entry(5, "cancelled", "live", 200, 92)]), output);

        var lines = output.ToString().Split('\n');
        lines[0].Should().EndWith("(for 00:01:30)");
        lines[1..3].Should().OnlyContain(line => !line.Contains("(for"));
        lines[3].Should().NotContain("(for", "it is in force still");
        lines[4].Should().EndWith("(it never took effect)");

        HistoryEntry Entry(long version, string kind, string mode, int seconds, int? at = null) =>
            new() { Version = version, Kind = kind, Mode = mode, Time = start.AddSeconds(seconds), At = at is { } effect ? start.AddSeconds(effect) : null, Instance = "web-1", DrainedAfter = 1 };
    }

    private static string UrlOf(RunningRouter router) => router.App.Services.GetRequiredService<ManagementServer>().Url!;
}
