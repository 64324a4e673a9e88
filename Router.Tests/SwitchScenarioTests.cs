using System.Text.Json.Nodes;
using Router.Modes;

namespace Router.Tests;

/// <summary>
/// A fleet on a real Redis, from outside: what clients get, what the backend is asked, what an operator reads. An instance that is killed
/// is a process of its own.
/// </summary>
public sealed class SwitchScenarioTests
{
    private const string Post = "POST /upload?secret=1 HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 4\r\n\r\nha";
    private const string Get = "GET /report?secret=1 HTTP/1.1\r\nHost: www.example.org\r\n\r\n";

    private const string Upgrade =
        "GET /live?secret=1 HTTP/1.1\r\nHost: www.example.org\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    private const string Upgraded =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

    [RedisFact]
    public async Task The_verdict_comes_with_the_end_of_the_last_request_in_flight_and_names_each_until_then()
    {
        await using var backend = RawBackend.Start();
        await using var redis = await FirstRecord.StartRedisAsync(new LiveMode());
        var site = OperatorClient
            .With(SiteFile.Of("www.*", backend))
            .Set("ModeStore:Redis", redis.Url)
            .Set("ModeStore:ActivationDelay", "500ms")
            .Set("ModeStore:DrainLimit", "5m");
        await using var one = await RunningRouter.StartAsync(site.Set("Instance", "web-1"));
        await using var other = await RunningRouter.StartAsync(site.Set("Instance", "web-2"));
        await Task.WhenAll(one.LiveAsync(), other.LiveAsync());
        using var operators = new OperatorClient(one.ManagementUrl);
        var (page, report) = await BeginAsync(one, backend, Get);
        var (upload, uploaded) = await BeginAsync(other, backend, Post);
        var (socket, socketed) = await BeginAsync(other, backend, Upgrade);
        await socketed.WriteAsync(Upgraded);
        await socket.ReadHeadAsync();

        var waiting = Tool.Start(one.ManagementUrl, "mode", "set", "maintenance", "--reason", "restore", "--wait", "--expect", "2");
        (await socket.ReadExactlyAsync(4)).Should().Be("\u0088\u0002\u0003\u00f4", "1012 is service restart");
        await Eventually.TrueAsync(async () => (await BlockingAsync(operators)).SequenceEqual(["/live", "/report", "/upload"]));
        await waiting.LineAsync("in flight: 3");
        socket.FinishWriting();
        socketed.FinishWriting();
        await Eventually.TrueAsync(async () => (await BlockingAsync(operators)).SequenceEqual(["/report", "/upload"]));

        await upload.WriteAsync("lf");
        (await uploaded.ReadThroughAsync("half")).Should().EndWith("half", "an upload that was under way goes on");
        await uploaded.WriteAsync("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
        (await upload.ReadMessageAsync())!.Status.Should().Be(201);
        await Eventually.TrueAsync(async () => (await BlockingAsync(operators)).SequenceEqual(["/report"]));
        (await operators.SendAsync("GET", "/fleet?expect=2")).Body["verdict"]!
            .GetValue<string>()
            .Should()
            .StartWith("NOT SAFE: web-1")
            .And.Contain("GET www.example.org/report");
        waiting.Done.IsCompleted.Should().BeFalse("the report is still under way");

        await report.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        (await page.ReadMessageAsync())!.Body.Should().Be("ok");
        var (code, text, errors) = await waiting.Done;
        (code, errors).Should().Be((0, ""));
        text.Should()
            .Contain("GET www.example.org/report")
            .And.Contain("POST www.example.org/upload")
            .And.Contain("www.example.org/live")
            .And.NotContain("secret");
        text.TrimEnd().Should().EndWith("\nSAFE");
        var history = await Tool.RunAsync(other.ManagementUrl, "mode", "history");
        history.Output.Should().Contain("restore").And.Contain("drained");
        foreach (var connection in new[] { page, report, upload, uploaded, socket, socketed })
            connection.Dispose();
    }

    [RedisFact]
    public async Task A_store_that_fails_and_comes_back_with_or_without_its_data_never_opens_the_site()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var redis = await FirstRecord.StartRedisAsync(new LiveMode());
        var site = SiteFile
            .Of("www.*", backend.Address)
            .Set("ModeStore:Redis", redis.Url)
            .Set("ModeStore:HeartbeatExpiry", "3s")
            .Set("ModeStore:ActivationDelay", "500ms");
        await using var one = await RouterProcess.StartAsync(site.Set("Instance", "web-1"));
        await using var other = await RunningRouter.StartAsync(OperatorClient.With(site).Mode("live").Set("Instance", "web-2"));
        await Task.WhenAll(one.LiveAsync(), other.LiveAsync());
        (await Tool.RunAsync(one.ManagementUrl, "mode", "set", "maintenance", "--wait", "--expect", "2")).Code.Should().Be(0);
        using var stopping = new CancellationTokenSource();
        var load = new IInstance[] { one, other }
            .Select(instance => new LoadClient(() => instance.Endpoint, mayFail: true, () => TimeSpan.FromMilliseconds(50), stopping.Token))
            .ToArray();

        await redis.KillAsync();
        // A failed report may be logged before it.
        (await one.LineAsync("The mode remains maintenance"))
            .Should()
            .Contain("can't be used");
        (await one.StatusAsync()).Should().Contain("can't be used", "the status says why the mode may be old");
        (await Tool.RunAsync(one.ManagementUrl, "mode", "set", "live"))
            .Code.Should()
            .NotBe(0, "no operator can change what the others would not hear of");
        await other.RestartAsync();
        (await other.StatusAsync())
            .Should()
            .Contain("can't be used")
            .And.Contain("maintenance", "its configuration says live, but nobody knows");

        await redis.ReturnAsync(withData: true);
        await AgreedAsync(one);

        await redis.KillAsync();
        await other.RestartAsync();
        await redis.ReturnAsync(withData: false);
        await one.LineAsync("had lost the mode record; this instance restored it");
        await AgreedAsync(one);

        await redis.KillAsync();
        await one.RestartAsync();
        await other.RestartAsync();
        await redis.ReturnAsync(withData: false);
        await AgreedAsync(one);
        (await Tool.RunAsync(one.ManagementUrl, "mode")).Output.Should().Contain("the record of the mode was lost");
        await one.RestartAsync();
        await AgreedAsync(one);
        await LoadClient.NextResponsesAsync(load);

        backend.Requests.Should().BeEmpty("the site was closed all the time");
        (await Tool.RunAsync(one.ManagementUrl, "mode", "set", "live")).Code.Should().Be(0, "it opens when somebody says so");
        await Eventually.TrueAsync(async () => (await other.StatusAsync()).Contains("\"live\"", StringComparison.Ordinal));
        await LoadClient.NextResponsesAsync(load);
        await stopping.CancelAsync();
        (await Task.WhenAll(load.Select(client => client.Done)))
            .Should()
            .OnlyContain(responses => responses.Any(it => it.Open) && responses.Any(it => !it.Open));

        async Task AgreedAsync(RouterProcess instance)
        {
            using var operators = new OperatorClient(instance.ManagementUrl);
            JsonNode? fleet = null;
            await Eventually.TrueAsync(
                async () =>
                {
                    fleet = (await operators.SendAsync("GET", "/fleet?expect=2")).Body;
                    return fleet["safe"]!.GetValue<bool>();
                },
                () => $"{fleet}"
            );
        }
    }

    private static async Task<(RawConnection Client, RawConnection Backend)> BeginAsync(
        RunningRouter router,
        RawBackend backend,
        string request
    )
    {
        var client = await RawConnection.OpenAsync(router.Endpoint);
        await client.WriteAsync(request);
        var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        return (client, connection);
    }

    private static async Task<string[]> BlockingAsync(OperatorClient operators)
    {
        var (_, fleet) = await operators.SendAsync("GET", "/fleet?expect=2");
        fleet["safe"]!.GetValue<bool>().Should().BeFalse();
        return
        [
            .. fleet["instances"]!
                .AsArray()
                .SelectMany(it => it!["report"]!["blocking"]!.AsArray())
                .Select(it => it!["path"]!.GetValue<string>())
                .Order(StringComparer.Ordinal),
        ];
    }
}
