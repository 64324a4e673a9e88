using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Router.Telemetry;

namespace Router.Tests;

public sealed class LogTests
{
    [Fact]
    public async Task A_log_without_a_reader_stops_neither_requests_nor_the_health_check_and_its_losses_are_counted()
    {
        var log = new AccessLogLines { Forgets = true };
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend), log);
        var loggers = router.App.Services.GetRequiredService<ILoggerFactory>();
        log.Stall();

        // Of kinds that differ, so that no limit keeps them out: 8 MiB, of which 4 may wait.
        for (var i = 0; i < 8; i++)
        {
            for (var j = 0; j < 16; j++)
                Warn(loggers, $"Test.{i}.{j}", new string('x', 64 << 10));
        }

        await log.Stalled.InTime();
        (await router.GetAsync("http://www.example.org/")).Body.Should().Be("hello");
        MetricsText
            .Sum(
                (await router.GetAsync("http://localhost/_metrics")).Body,
                "router_log_lost_total{otel_scope_name=\"Router\",reason=\"behind\""
            )
            .Should()
            .BeGreaterThan(0);
        log.Forgets = false;
        log.GoOn();
        // The notice comes with the next line for which there is room.
        var isNoticed = false;
        for (var i = 0; !isNoticed; i++)
        {
            Warn(loggers, $"Test.again.{i}", "here again");
            isNoticed = (await log.NextLineAsync()).Contains("lines of this log were lost", StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_stalled_output_does_not_delay_the_end()
    {
        var output = new AccessLogLines();
        output.Stall();
        var lines = new LineWriter("test", () => output, 1 << 20, (_, _) => { });
        lines.Start();
        lines.Write("a line\n"u8);
        await output.Stalled.InTime();

        // Without a token that would end it: it must end by itself.
        await lines.StopAsync(CancellationToken.None).InTime();

        output.GoOn();
    }

    [Fact]
    public async Task A_closed_output_loses_lines_and_counts_them()
    {
        var lost = 0;
        var lines = new LineWriter("test", () => null, 1 << 20, (count, _) => Interlocked.Add(ref lost, count));
        lines.Start();

        for (var i = 0; i < 3; i++)
            lines.Write("a line\n"u8);
        await lines.StopAsync(CancellationToken.None).InTime();

        lost.Should().Be(3);
    }

    [Fact]
    public async Task Warnings_that_clients_cause_are_limited_and_the_others_counted()
    {
        var (log, clock) = (new AccessLogLines(), new ManualClock());
        await using var router = await RunningRouter.StartAsync(
            SiteFile
                .Of("www.*", "http://127.0.0.1:1")
                .Frontend("other", "http://127.0.0.1:1")
                .Host("other.*", "other")
                // A retry would wait for the clock.
                .Set("Backends:www:BreakerFailures", "1")
                .Set("Backends:other:BreakerFailures", "1"),
            log,
            clock
        );

        for (var i = 0; i < 100; i++)
            (await router.GetAsync("http://www.example.org/")).Status.Should().BeOneOf(502, 503);
        await router.GetAsync("http://other.example.org/");
        clock.Advance(LogLimit.Window);

        var seen = new List<string>();
        while (!seen.Any(line => line.Contains("suppressed", StringComparison.Ordinal)))
            seen.Add(await log.NextLineAsync());
        seen.Count(line =>
                line.Contains("Forwarding failed", StringComparison.Ordinal)
                && line.Contains("backend www", StringComparison.Ordinal)
                && !line.Contains("suppressed", StringComparison.Ordinal)
            )
            .Should()
            .Be(LogLimit.MaxLines);
        seen.Should()
            .Contain(line => line.Contains("backend other", StringComparison.Ordinal), "another backend's failures are other news");
        seen[^1].Should().Contain("70 more lines like this were suppressed in 10 s. The last one: Forwarding failed");
    }

    [Fact]
    public async Task An_HTTP_2_connection_that_a_client_ends_in_the_middle_of_a_response_is_not_logged()
    {
        const string server = "Microsoft.AspNetCore.Server.Kestrel.Http2";
        var log = new AccessLogLines();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://www.invalid"), log);
        var logger = router.App.Services.GetRequiredService<ILoggerFactory>().CreateLogger(server);

        Critical(60, "Http2QueueOperationsExceeded", "exceeded the maximum queue size");
        Critical(63, "Http2UnexpectedConnectionQueueError", "failed unexpectedly");

        var seen = new List<string>();
        do seen.Add(await log.NextLineAsync());
        while (!seen[^1].Contains("failed unexpectedly", StringComparison.Ordinal));
        seen.Should().NotContain(line => line.Contains("queue size", StringComparison.Ordinal));

        void Critical(int id, string name, string message) =>
            logger.Log(LogLevel.Critical, new EventId(id, name), message, null, (text, _) => text);
    }

    [Fact]
    public async Task A_message_is_one_line_without_control_or_hidden_characters()
    {
        var log = new AccessLogLines();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://www.invalid"), log);

        Warn(
            router.App.Services.GetRequiredService<ILoggerFactory>(),
            "Test",
            "a\r\n2026 forged\u001b[2J\u0085\u202e\u200b",
            new InvalidOperationException("why")
        );

        string line;
        do line = await log.NextLineAsync();
        while (!line.Contains("forged", StringComparison.Ordinal));
        line.Should()
            .MatchRegex(
                @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warn: Test\[7\] a  2026 forged \[2J \\u202e\\u200b "
                    + "System.InvalidOperationException: why$"
            );
    }

    [Theory]
    [InlineData("exec \"$@\" >&-")]
    [InlineData("exec \"$@\"")]
    public async Task Without_a_reader_of_standard_output_it_serves_and_counts_lost_lines(string shell)
    {
        var directory = Directory.CreateTempSubdirectory("router-closed-").FullName;
        var file = Path.Combine(directory, "site.json");
        await File.WriteAllTextAsync(file, OperatorClient.With(SiteFile.Of("www.*", "http://www.invalid")).ToString());
        var router = RouterProcess.Start();
        var start = new ProcessStartInfo(
            "sh",
            ["-c", shell, "sh", router.FileName, .. router.ArgumentList, "--urls", "http://127.0.0.1:0", "--config", file]
        )
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        process.StandardOutput.Close();
        try
        {
            var listening = new StringBuilder();
            while (!listening.ToString().Contains("Router listens on", StringComparison.Ordinal))
                listening.AppendLine(await process.StandardError.ReadLineAsync().InTime());
            using var client = new HttpClient { Timeout = Deadlines.Limit };
            var url = listening.ToString().Split("Router listens on ")[1].Split(' ')[0];

            await client.GetAsync($"{url}/any");

            await Eventually.TrueAsync(async () =>
                (await client.GetStringAsync($"{url}/_metrics")).Contains(
                    "router_access_log_lost_total{otel_scope_name=\"Router\",reason=\"not_written\"} 1",
                    StringComparison.Ordinal
                )
            );
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void Warn(ILoggerFactory loggers, string category, string text, Exception? exception = null) =>
        loggers.CreateLogger(category).Log(LogLevel.Warning, 7, text, exception, static (text, _) => text);
}
