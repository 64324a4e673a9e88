using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Router.Cli;
using Router.Management;
using Router.Modes;
using Router.Switching;

namespace Router.Tests;

public sealed class ModeCommandTests(ModeCommandTests.Unchanged unchanged, ModeCommandTests.Guarded guarded)
    : IClassFixture<ModeCommandTests.Unchanged>,
        IClassFixture<ModeCommandTests.Guarded>
{
    [Fact]
    public async Task A_switch_with_wait_names_the_requests_in_flight_and_ends_with_the_verdict()
    {
        await using var site = await SiteWithARequestInFlight.StartAsync("GET /slow?secret=1 HTTP/1.1\r\nHost: www.example.org\r\n\r\n");

        var waiting = Tool.RunAsync(
            UrlOf(site.Router),
            "mode",
            "set",
            "maintenance",
            "--reason",
            "restore db",
            "--until",
            "+30m",
            "--wait"
        );
        await Eventually.Async(() => site.Router.Blocking().Count == 1);
        var (_, shown, _) = await Tool.RunAsync(UrlOf(site.Router), "mode");
        shown
            .Should()
            .Contain("GET www.example.org/slow")
            .And.MatchRegex(@"NOT SAFE: \S+ has 1 request in flight \(cut in \d+ s\), the oldest for")
            .And.Contain("reason:    restore db")
            .And.NotContain("secret");
        waiting.IsCompleted.Should().BeFalse("something is in flight");
        await site.RespondAsync();

        var (code, output, _) = await waiting;
        code.Should().Be(0);
        output.TrimEnd().Should().EndWith("\nSAFE");
    }

    [Fact]
    public async Task The_history_says_who_cancelled_a_change_and_who_ended_a_bypass()
    {
        await using var router = await RunningRouter.StartAsync(OperatorClient.With(SiteFile.Of("www.*", "http://backend.invalid")));
        await RunAsync("mode", "set", "read-only", "--operator", "anna");
        await RunAsync("mode", "set", "maintenance", "--at", "+1h", "--operator", "anna");
        var id = (await RunAsync("bypass", "--operator", "anna")).Split('\n')[0].Split([' ', ','], StringSplitOptions.RemoveEmptyEntries)[
            1
        ];

        await RunAsync("mode", "cancel", "--operator", "joe");
        await RunAsync("bypass", "revoke", id, "--operator", "joe");
        using (var operators = new OperatorClient(router))
        {
            await operators.SendAsync("PUT", "/mode", """{"mode": "maintenance", "at": "+1h", "by": "anna"}""");
            (await operators.SendAsync("DELETE", "/mode/next")).Status.Should().Be(200);
        }

        var history = (await RunAsync("mode", "history")).TrimEnd().Split('\n');
        history.Should().Contain(line => line.Contains("cancelled read-only   by joe", StringComparison.Ordinal));
        history.Should().Contain(line => line.Contains($"revoked   read-only   by joe, {id}", StringComparison.Ordinal));
        history[^1].Should().Contain("cancelled read-only").And.NotContain("anna", "the one who set the mode did not cancel");

        async Task<string> RunAsync(params string[] arguments)
        {
            var (code, output, errors) = await Tool.RunAsync(UrlOf(router), arguments);
            code.Should().Be(0, errors);
            return output;
        }
    }

    [Fact]
    public async Task A_wait_that_gives_up_names_the_command_that_waits_for_the_same_instances()
    {
        await using var router = await RunningRouter.StartAsync(OperatorClient.With(SiteFile.Of("www.*", "http://backend.invalid")));

        var (code, output, _) = await Tool.RunAsync(
            UrlOf(router),
            "mode",
            "set",
            "maintenance",
            "--wait",
            "--expect",
            "2",
            "--timeout",
            "100ms"
        );

        code.Should().Be(ExitCode.NotDone);
        output.Should().MatchRegex(@"To keep waiting: router mode --url \S+ --wait --expect 2\n");
    }

    [Fact]
    public async Task A_request_in_flight_past_its_limit_is_cut_and_its_write_is_shown_with_an_unknown_outcome()
    {
        await using var site = await SiteWithARequestInFlight.StartAsync(
            "POST /save HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 0\r\n\r\n"
        );

        (await Tool.RunAsync(UrlOf(site.Router), "mode", "set", "maintenance", "--cut-after", "0s", "--wait")).Code.Should().Be(0);

        (await Tool.RunAsync(UrlOf(site.Router), "mode"))
            .Output.Should()
            .Contain("OUTCOME UNKNOWN")
            .And.Contain("POST www.example.org/save");
        (await Tool.RunAsync(UrlOf(site.Router), "mode", "history")).Output.Should().Contain("1 cut, 1 write of unknown outcome");
    }

    [Theory]
    [InlineData(ExitCode.WrongUse, "Choose one of", "mode", "set", "closed")]
    [InlineData(
        ExitCode.WrongUse,
        "--by is 'jane', which is not a duration. Give how much to add to the announced end, such as 45m. Your name goes to --operator.",
        "mode",
        "extend",
        "--by",
        "jane"
    )]
    [InlineData(ExitCode.WrongUse, "is not a time", "mode", "set", "maintenance", "--until", "later")]
    [InlineData(
        ExitCode.WrongUse,
        "--expect is '0'. Give the number of instances, from 1 to 10000.",
        "mode",
        "set",
        "maintenance",
        "--wait",
        "--expect",
        "0"
    )]
    [InlineData(ExitCode.WrongUse, "--expect is 'all'. Give", "mode", "set", "maintenance", "--wait", "--expect", "all")]
    [InlineData(ExitCode.WrongUse, "--expect is '10001'. Give", "mode", "--expect", "10001")]
    [InlineData(ExitCode.WrongUse, "--if-version is '-1'. Give the version", "mode", "set", "maintenance", "--if-version", "-1")]
    [InlineData(
        ExitCode.WrongUse,
        "--token-file /dev/null holds no token: it is empty",
        "mode",
        "set",
        "maintenance",
        "--token-file",
        "/dev/null"
    )]
    [InlineData(
        ExitCode.WrongUse,
        "--token-file /nowhere/token can't be read",
        "mode",
        "set",
        "maintenance",
        "--token-file",
        "/nowhere/token"
    )]
    [InlineData(ExitCode.NotDone, "Nothing was changed", "mode", "set", "maintenance", "--if-version", "7")]
    [InlineData(ExitCode.WrongUse, "nothing to cancel", "mode", "cancel")]
    [InlineData(ExitCode.NoConnection, "No connection", "mode", "--url", "http://127.0.0.1:1")]
    public async Task The_exit_code_is_the_outcome_and_the_message_says_what_to_do(int code, string message, params string[] arguments)
    {
        var (exit, _, errors) = await Tool.RunAsync(UrlOf(unchanged.Router), arguments);

        exit.Should().Be(code);
        errors.Should().Contain(message);
        unchanged.Router.Modes().Current.Name.Should().Be("live");
    }

    [Theory]
    [InlineData("of-sixteen-letters\n", 0, "^$")]
    [InlineData("of sixteen letters", ExitCode.WrongUse, "ROUTER_TOKEN holds no token: it has letters that no token has")]
    [InlineData("öf-sixteen-letters", ExitCode.WrongUse, "ROUTER_TOKEN holds no token: it has letters that no token has")]
    [InlineData(" ", ExitCode.WrongUse, "ROUTER_TOKEN holds no token: it is empty")]
    [InlineData("of-seventeen-letters", ExitCode.NoConnection, "ROUTER_TOKEN or --token-file")]
    public async Task A_token_may_end_with_a_newline_and_an_invalid_one_is_reported(string token, int code, string message)
    {
        var (exit, _, errors) = await Tool.RunWithTokenAsync(UrlOf(guarded.Router), token, "mode", "history");

        exit.Should().Be(code);
        errors.Should().MatchRegex(message).And.NotContain("   at ");
    }

    [Fact]
    public async Task A_script_gets_everything_that_an_operator_is_shown()
    {
        await using var router = await RunningRouter.StartAsync(OperatorClient.With(SiteFile.Of("www.*", "http://backend.invalid")));
        await Tool.RunAsync(
            UrlOf(router),
            "mode",
            "set",
            "recovery",
            "--by",
            "jane",
            "--reason",
            "restore db",
            "--ticket",
            "OPS-1",
            "--until",
            "+30m"
        );
        await Tool.RunAsync(UrlOf(router), "mode", "set", "maintenance", "--by", "jane", "--at", "+10m");

        var (code, output, _) = await Tool.RunAsync(UrlOf(router), "mode", "--json");

        code.Should().Be(ExitCode.NotDone, "the APIs are open");
        var shown = JsonNode.Parse(output)!;
        (shown["safe"]!.GetValue<bool>(), shown["state"]!.ToString()).Should().Be((false, "closed_to_visitors"));
        var mode = shown["current"]!;
        mode["mode"]!.ToString().Should().Be("recovery");
        mode["by"]!.ToString().Should().Be("jane");
        mode["reason"]!.ToString().Should().Be("restore db");
        mode["ticket"]!.ToString().Should().Be("OPS-1");
        mode["since"].Should().NotBeNull();
        mode["until"].Should().NotBeNull();
        mode["next"]![0]!["mode"]!.ToString().Should().Be("maintenance");
    }

    [Fact]
    public async Task An_extension_adds_to_the_end_and_every_command_shows_what_is_announced()
    {
        await using var router = await RunningRouter.StartAsync(OperatorClient.With(SiteFile.Of("www.*", "http://backend.invalid")));
        string[] announced = ["by:        jane", "reason:    restore db", "ticket:    OPS-1"];
        var day = DateTime.UtcNow.AddDays(2).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

        var set = await RunAsync(
            "mode",
            "set",
            "maintenance",
            "--by",
            "jane",
            "--reason",
            "restore db",
            "--ticket",
            "OPS-1",
            "--at",
            $"{day} 22:00",
            "--until",
            $"{day} 23:15",
            "--read-only-before",
            "10s"
        );
        set.Should()
            .ContainAll(announced)
            .And.ContainAll(
                $"--until {day} 23:15 is {day} 23:15:00 +00:00 (UTC)",
                $"scheduled: read-only at {day} 21:59:50 +00:00",
                $"scheduled: maintenance at {day} 22:00:00 +00:00",
                $"until:     {day} 23:15:00 +00:00"
            );
        var extended = await RunAsync("mode", "extend", "--by", "30m", "--operator", "joe");
        extended
            .Should()
            .ContainAll(
                "end moved: 23:15 -> 23:45, 30m later",
                $"until:     {day} 23:45:00 +00:00",
                "by:        joe",
                "reason:    restore db",
                "ticket:    OPS-1"
            );
        (await RunAsync("mode", "extend", "--by", "+30m", "--dry-run"))
            .Should()
            .ContainAll("Nothing was changed", "end moved: 23:45 -> 00:15, 30m later", "reason:    restore db");
        (await Tool.RunAsync(UrlOf(router), "mode"))
            .Output.Should()
            .ContainAll($"until:     {day} 23:45:00 +00:00", "by:        joe", "reason:    restore db", "ticket:    OPS-1");
        var (code, _, errors) = await Tool.RunAsync(UrlOf(router), "mode", "extend", "--until", $"{day} 22:30");
        code.Should().Be(ExitCode.WrongUse);
        errors.Should().Contain("before the announced end").And.Contain("--shorten");
        (await RunAsync("mode", "extend", "--until", $"{day} 22:30", "--shorten"))
            .Should()
            .Contain("end moved: 23:45 -> 22:30, 1h 15m CLOSER");
        var json = JsonNode.Parse(await RunAsync("mode", "extend", "--by", "24h", "--json"))!;
        json["endMoved"]!["from"]!.GetValue<DateTimeOffset>().AddDays(1).Should().Be(json["endMoved"]!["to"]!.GetValue<DateTimeOffset>());
        foreach (var next in JsonNode.Parse((await Tool.RunAsync(UrlOf(router), "mode", "--json")).Output)!["current"]!["next"]!.AsArray())
            (next!["until"], next["by"]!.ToString(), next["reason"]!.ToString(), next["ticket"]!.ToString())
                .Should()
                .Match<(JsonNode?, string, string, string)>(step =>
                    step.Item1 != null && step.Item3 == "restore db" && step.Item4 == "OPS-1"
                );

        async Task<string> RunAsync(params string[] arguments)
        {
            var (exit, output, said) = await Tool.RunAsync(UrlOf(router), arguments);
            said.Should().BeEmpty();
            exit.Should().Be(arguments is ["mode"] or ["mode", "--json"] ? ExitCode.NotDone : 0, "an open site is not safe");
            return output;
        }
    }

    [Fact]
    public async Task Watching_ends_when_its_output_is_no_longer_read()
    {
        var tool = RouterProcess.Start();

        var (code, output, errors) = await Script.RunAsync(
            "bash",
            ["-c", "set -o pipefail; \"$@\" | head -3", "bash", tool.FileName, .. tool.ArgumentList, "mode", "--watch"],
            ("ROUTER_URL", UrlOf(unchanged.Router))
        );

        (code, errors).Should().Be((0, ""));
        output.Should().StartWith("mode:      live").And.Match(text => text.Count(character => character == '\n') == 3);
    }

    [Theory]
    [InlineData("mode")]
    [InlineData("fleet")]
    [InlineData("check")]
    public async Task A_verdict_that_nobody_reads_is_no_success(string command)
    {
        var tool = RouterProcess.Start();

        var (code, _, _) = await Script.RunAsync(
            "bash",
            ["-c", "set -o pipefail; \"$@\" | true", "bash", tool.FileName, .. tool.ArgumentList, command],
            ("ROUTER_URL", UrlOf(unchanged.Router)),
            ("ASPNETCORE_ENVIRONMENT", "Development")
        );

        code.Should().Be(ExitCode.NotDone, "what follows may be a restore, and nobody has read the verdict");
    }

    [Fact]
    public async Task Several_commands_can_write_to_one_file()
    {
        var (tool, file) = (RouterProcess.Start(), Path.GetTempFileName());

        var (code, _, _) = await Script.RunAsync(
            "bash",
            ["-c", "{ \"$@\"; echo between; \"$@\"; } > \"$0\"", file, tool.FileName, .. tool.ArgumentList, "mode", "history"],
            ("ROUTER_URL", UrlOf(unchanged.Router))
        );

        code.Should().Be(0);
        (await File.ReadAllTextAsync(file)).Should().MatchRegex("^[^\n]+started[^\n]+\nbetween\n[^\n]+started[^\n]+\n$");
        File.Delete(file);
    }

    [Fact]
    public async Task Hidden_characters_are_shown_as_escapes_and_kept_in_JSON()
    {
        await using var router = await RunningRouter.StartAsync(OperatorClient.With(SiteFile.Of("www.*", "http://backend.invalid")));
        const string reason = "restore\u202e\u2066\u200b\u001b[2J\u200f bd \U000e0041é";
        // As an instance of an earlier release, or somebody at the store, may have written it.
        router
            .Modes()
            .Offer(
                new ModeRecord
                {
                    Version = new(7),
                    Steps =
                    [
                        new ModeStep
                        {
                            Mode = ModeCatalogue.Closed,
                            Made = new(7),
                            Reason = reason,
                            By = "jane\u2028",
                            Until = DateTimeOffset.UtcNow.AddHours(1),
                        },
                    ],
                }
            );

        var (_, text, _) = await Tool.RunAsync(UrlOf(router), "mode");
        var (_, json, _) = await Tool.RunAsync(UrlOf(router), "mode", "--json");

        text.Should()
            .Contain("reason:    restore\\u202e\\u2066\\u200b\\u001b[2J\\u200f bd \\udb40\\udc41é\n")
            .And.Contain("by:        jane\\u2028\n");
        (text + json).Should().NotContainAny("\u202e", "\u2066", "\u200b", "\u001b", "\u200f", "\U000e0041", "\u2028");
        JsonNode.Parse(json)!["current"]!["reason"]!.ToString().Should().Be(reason);
    }

    [Fact]
    public async Task What_a_closed_site_does_not_announce_is_shown_as_missing()
    {
        await using var router = await RunningRouter.StartAsync(OperatorClient.With(SiteFile.Of("www.*", "http://backend.invalid")));

        (await Tool.RunAsync(UrlOf(router), "mode", "set", "maintenance", "--by", "jane"))
            .Output.Should()
            .ContainAll("until:     (no end announced)", "by:        jane", "reason:    (none given)", "ticket:    (none given)");
    }

    [Fact]
    public async Task An_amendment_or_a_bypass_does_not_end_the_wait_for_a_switch()
    {
        await using var site = await SiteWithARequestInFlight.StartAsync();
        var waiting = Tool.Start(UrlOf(site.Router), "mode", "set", "maintenance", "--wait");
        await waiting.LineAsync("in flight: 1.");

        (await Tool.RunAsync(UrlOf(site.Router), "mode", "extend", "--until", "+2h")).Code.Should().Be(0);
        var (_, given, _) = await Tool.RunAsync(UrlOf(site.Router), "bypass", "--note", "testers", "--json");
        await site.RespondAsync();
        // The command still waits for the same switch, and prints what has changed.
        await waiting.LineAsync("CLOSED TO VISITORS on the only instance. Bypass");
        (await Tool.RunAsync(UrlOf(site.Router), "bypass", "revoke", JsonNode.Parse(given)!["id"]!.ToString())).Code.Should().Be(0);

        var (code, output, _) = await waiting.Done;
        code.Should().Be(0);
        output.TrimEnd().Should().EndWith("\nSAFE");
    }

    [Fact]
    public async Task An_interrupted_wait_says_that_the_switch_continues()
    {
        await using var site = await SiteWithARequestInFlight.StartAsync();
        var start = Tool.Process([("ROUTER_URL", UrlOf(site.Router))], "mode", "set", "maintenance", "--wait");
        start.RedirectStandardOutput = true;
        using var waiting = Process.Start(start)!;
        var lines = waiting.StandardOutput;
        while (!(await lines.ReadLineAsync().InTime())!.StartsWith("in flight: 1.", StringComparison.Ordinal)) { }

        // As the platform and Ctrl+C do.
        await Signals.SendAsync(waiting.Id, "TERM");

        var output = await lines.ReadToEndAsync().InTime();
        await waiting.WaitForExitAsync().InTime();
        waiting.ExitCode.Should().Be(ExitCode.NotDone);
        output
            .Should()
            .Contain("Interrupted. The switch continues without this command.")
            .And.MatchRegex("\nNOT SAFE: .*GET www.example.org/slow\n$");
    }

    [Fact]
    public async Task Another_switch_in_the_meantime_ends_the_wait()
    {
        await using var site = await SiteWithARequestInFlight.StartAsync();
        var waiting = Tool.Start(UrlOf(site.Router), "mode", "set", "maintenance", "--wait");
        await waiting.LineAsync("in flight: 1.");

        (await Tool.RunAsync(UrlOf(site.Router), "mode", "set", "live")).Code.Should().Be(0);

        var (code, output, _) = await waiting.Done;
        code.Should().Be(ExitCode.NotDone);
        output.Should().Contain("The mode was changed in the meantime").And.NotContain("\nSAFE");
    }

    [Fact]
    public async Task A_switch_with_wait_outlasts_an_instance_that_does_not_respond_for_a_moment()
    {
        await using var router = await RunningRouter.StartAsync(OperatorClient.With(SiteFile.Of("www.*", "http://backend.invalid")));
        var asked = 0;
        // A client asks once more by itself on a connection that it had before.
        await using var relay = RelayTo(
            UrlOf(router),
            drops: message => message.Target.StartsWith("/fleet", StringComparison.Ordinal) && Interlocked.Increment(ref asked) <= 6
        );

        var (code, output, _) = await Tool.RunAsync(relay.Address, "mode", "set", "maintenance", "--wait");

        code.Should().Be(0);
        output.Should().Contain("No response from Router").And.EndWith("\nSAFE\n");
    }

    [Fact]
    public async Task A_change_whose_response_is_lost_is_not_reported_as_undone()
    {
        await using var router = await RunningRouter.StartAsync(OperatorClient.With(SiteFile.Of("www.*", "http://backend.invalid")));
        await using var relay = RelayTo(UrlOf(router), drops: message => message.Method == "PUT");

        var (code, _, errors) = await Tool.RunAsync(relay.Address, "mode", "set", "maintenance");

        code.Should().Be(ExitCode.NoConnection);
        errors.Should().Contain($"It is not known whether the change was made. Check with router mode --url {relay.Address}.");
        router.Modes().Current.Name.Should().Be("maintenance", "only its response was lost");
    }

    [Fact]
    public void The_history_says_how_long_each_mode_was_in_force()
    {
        var start = new DateTimeOffset(2026, 1, 1, 22, 0, 0, TimeSpan.Zero);
        using var output = new StringWriter();

        ModeReport.Write(
            new HistoryDocument([
                Entry(1, HistoryKind.Set, "maintenance", 0, 2),
                Entry(1, HistoryKind.Drained, "maintenance", 5),
                Entry(2, HistoryKind.Extended, "maintenance", 30, 2),
                Entry(3, HistoryKind.Set, "live", 90, 92),
                Entry(4, HistoryKind.Set, "recovery", 100, 500),
                Entry(5, HistoryKind.Cancelled, "live", 200, 92),
            ]),
            output
        );

        var lines = output.ToString().Split('\n');
        lines[0].Should().EndWith("(for 00:01:30)");
        lines[1..3].Should().OnlyContain(line => !line.Contains("(for"));
        lines[3].Should().NotContain("(for", "it is in force still");
        lines[4].Should().EndWith("(it never took effect)");

        HistoryEntry Entry(long version, HistoryKind kind, string mode, int seconds, int? at = null) =>
            new()
            {
                Version = new(version),
                Kind = kind,
                Mode = mode,
                Time = start.AddSeconds(seconds),
                At = at is { } effect ? start.AddSeconds(effect) : null,
                Instance = "web-1",
                DrainedAfter = 1,
            };
    }

    private static string UrlOf(RunningRouter router) => router.App.Services.GetRequiredService<ManagementServer>().Url!;

    // Asks the management interface for its client, and may drop the response and the connection.
    private static RawBackend RelayTo(string url, Func<RawMessage, bool> drops) =>
        RawBackend.Start(async connection =>
        {
            using var client = new HttpClient { BaseAddress = new Uri(url) };
            while (await connection.ReadMessageAsync() is { } message)
            {
                using var request = new HttpRequestMessage(new HttpMethod(message.Method), message.Target);
                if (message.Body.Length > 0)
                    request.Content = new StringContent(message.Body, Encoding.UTF8, "application/json");
                using var response = await client.SendAsync(request);
                var body = await response.Content.ReadAsStringAsync();
                if (drops(message))
                {
                    connection.Dispose();
                    return;
                }

                await connection.WriteAsync(
                    $"HTTP/1.1 {(int)response.StatusCode} Relayed\r\nContent-Type: application/json\r\n"
                        + $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"
                );
            }
        });

    /// <summary>A site in which no case changes anything: its mode stays live, and its history has no more than the start.</summary>
    public sealed class Unchanged() : SharedSite(address => OperatorClient.With(SiteFile.Of("www.*", address)));

    /// <summary>A site whose operators have a token.</summary>
    public sealed class Guarded()
        : SharedSite(address => OperatorClient.With(SiteFile.Of("www.*", address)).Set("Management:Token", "of-sixteen-letters"));

    /// <summary>A running router whose backend has got a request and has not responded to it.</summary>
    private sealed class SiteWithARequestInFlight : IAsyncDisposable
    {
        private readonly RawBackend _backend;
        private readonly RawConnection _client;
        private readonly RawConnection _connection;

        private SiteWithARequestInFlight(RawBackend backend, RunningRouter router, RawConnection client, RawConnection connection) =>
            (_backend, Router, _client, _connection) = (backend, router, client, connection);

        public RunningRouter Router { get; }

        public static async Task<SiteWithARequestInFlight> StartAsync(
            string request = "GET /slow HTTP/1.1\r\nHost: www.example.org\r\n\r\n"
        )
        {
            var backend = RawBackend.Start();
            var router = await RunningRouter.StartAsync(
                OperatorClient.With(SiteFile.Of("www.*", backend)).Set("Backends:www:WriteSettleTime", "1s")
            );
            var client = await router.ConnectAsync();
            await client.WriteAsync(request);
            var connection = await backend.AcceptAsync();
            await connection.ReadHeadAsync();
            return new SiteWithARequestInFlight(backend, router, client, connection);
        }

        public Task RespondAsync() => _connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

        public async ValueTask DisposeAsync()
        {
            _connection.Dispose();
            _client.Dispose();
            await Router.DisposeAsync();
            await _backend.DisposeAsync();
        }
    }
}
