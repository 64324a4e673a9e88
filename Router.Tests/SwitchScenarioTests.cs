using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Xunit.Abstractions;

namespace Router.Tests;

/// <summary>
/// A fleet of real processes on a real Redis, from outside: what clients get, what the backend is asked, what an operator reads.
/// </summary>
[Collection(Alone.Name)]
public sealed class SwitchScenarioTests(ITestOutputHelper output)
{
    private const string Post = "POST /upload?secret=1 HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 4\r\n\r\nha";
    private const string Get = "GET /report?secret=1 HTTP/1.1\r\nHost: www.example.org\r\n\r\n";

    private const string Upgrade =
        "GET /live?secret=1 HTTP/1.1\r\nHost: www.example.org\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    private const string Upgraded =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

    // What the clocks of one machine can differ by is nothing; this is for a thread that the system lets wait between its decision and its
    // deed.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(100);

    [RedisFact]
    public async Task Fifty_switches_under_load_let_no_request_through_lose_no_answer_and_leave_three_instances_agreed()
    {
        const int Switches = 50;
        var answered = new ConcurrentQueue<DateTimeOffset>();
        await using var app = Application.Create();
        app.Run(async context =>
        {
            await context.Response.WriteAsync("application");
            answered.Enqueue(DateTimeOffset.UtcNow);
        });
        await app.StartAsync();
        await using var redis = await RedisServer.StartAsync();
        var site = SiteFile
            .Of("www.*", app.Urls.First())
            .Set("ModeStore:Redis", redis.Url)
            .Set("ModeStore:ActivationDelay", "300ms")
            .Set("AccessLog", "false");
        var instances = new List<RouterProcess>();
        for (var i = 0; i < 3; i++)
            instances.Add(await OpenAsync(site, $"web-{i}"));
        using var operators = new OperatorClient(instances[0].ManagementUrl);
        using var stopping = new CancellationTokenSource();
        var load = instances
            .SelectMany(instance => Enumerable.Range(0, 3).Select(_ => AskAsync(instance.Endpoint, stopping.Token)))
            .ToArray();

        var switched = new List<(DateTimeOffset At, bool Closed)>();
        for (var i = 0; i < Switches; i++)
        {
            var closes = i % 2 == 0;
            var (status, body) = await operators.SendAsync("PUT", "/mode", $$"""{"mode": "{{(closes ? "maintenance" : "live")}}"}""");
            status.Should().Be(200);
            var at = body["mode"]!["next"]!.AsArray().Single()!["at"]!.GetValue<DateTimeOffset>();
            switched.Add((at, closes));
            await Eventually.TrueAsync(async () =>
            {
                var fleet = (await operators.SendAsync("GET", "/fleet?expect=3")).Body;
                return DateTimeOffset.UtcNow > at + Grace
                    && fleet["agreed"]!.GetValue<bool>()
                    && fleet["safe"]!.GetValue<bool>() == closes
                    && fleet["instances"]!
                        .AsArray()
                        .Count(it => it!["report"]!["mode"]!.GetValue<string>() == (closes ? "maintenance" : "live")) == 3;
            });
            await NextAnswersAsync(load);
        }

        await stopping.CancelAsync();
        var answers = (await Task.WhenAll(load.Select(client => client.Done))).SelectMany(it => it).ToArray();
        output.WriteLine(
            $"{answers.Length} answers, {answers.Count(it => it.Open)} of them from the application, over {(switched[^1].At - switched[0].At).TotalSeconds:F1} s"
        );

        switched.Add((DateTimeOffset.UtcNow, true));
        for (var i = 0; i < Switches; i++)
        {
            var ((from, closed), until) = (switched[i], switched[i + 1].At);
            if (closed)
                answered.Where(at => at > from + Grace && at < until).Should().BeEmpty($"switch {i} closed the site at {from:O}");
            var within = answers.Where(it => it.Sent > from + Grace && it.Had < until).ToArray();
            within.Should().NotBeEmpty();
            within.Should().OnlyContain(it => it.Open == !closed, $"switch {i} at {from:O} was every instance's");
        }

        foreach (var instance in instances)
            await instance.DisposeAsync();
    }

    [RedisFact]
    public async Task The_verdict_comes_with_the_end_of_the_last_request_in_flight_and_names_each_until_then()
    {
        await using var backend = RawBackend.Start();
        await using var redis = await RedisServer.StartAsync();
        var site = SiteFile.Of("www.*", backend).Set("ModeStore:Redis", redis.Url).Set("ModeStore:DrainLimit", "5m");
        await using var one = await OpenAsync(site, "web-1");
        await using var other = await OpenAsync(site, "web-2");
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
    public async Task A_store_that_goes_and_comes_back_with_its_data_or_without_never_opens_the_site()
    {
        await using var backend = new RecordingBackend();
        await using var redis = await RedisServer.StartAsync();
        var site = SiteFile.Of("www.*", backend.Address).Set("ModeStore:Redis", redis.Url);
        await using var one = await OpenAsync(site, "web-1");
        await using var other = await OpenAsync(site, "web-2");
        (await Tool.RunAsync(one.ManagementUrl, "mode", "set", "maintenance", "--wait", "--expect", "2")).Code.Should().Be(0);
        using var stopping = new CancellationTokenSource();
        var load = new[] { one, other }.Select(instance => AskAsync(instance.Endpoint, stopping.Token, mayFail: true)).ToArray();

        await redis.KillAsync();
        (await one.LineAsync("can't be used")).Should().Contain("The mode remains maintenance");
        (await StatusAsync(one)).Should().Contain("can't be used", "the status tells why the mode may be old");
        (await Tool.RunAsync(one.ManagementUrl, "mode", "set", "live"))
            .Code.Should()
            .NotBe(0, "no operator can change what the others would not hear of");
        await other.RestartAsync();
        (await StatusAsync(other)).Should().Contain("can't be used").And.Contain("maintenance", "DM_MODE says live, but nobody knows");

        await redis.ReturnAsync(withData: true);
        await AgreedAsync(one);

        await redis.KillAsync();
        await other.RestartAsync();
        await redis.ReturnAsync(withData: false);
        await one.LineAsync("had lost the mode that this instance knows");
        await AgreedAsync(one);

        await redis.KillAsync();
        await one.RestartAsync();
        await other.RestartAsync();
        await redis.ReturnAsync(withData: false);
        await AgreedAsync(one);
        (await Tool.RunAsync(one.ManagementUrl, "mode")).Output.Should().Contain("the record of the mode was lost");
        await other.RestartAsync();
        await AgreedAsync(one);
        await NextAnswersAsync(load);

        backend.Requests.Should().BeEmpty("the site was closed all the time");
        (await Tool.RunAsync(one.ManagementUrl, "mode", "set", "live")).Code.Should().Be(0, "it opens when somebody says so");
        await Eventually.TrueAsync(async () => (await StatusAsync(other)).Contains("\"live\"", StringComparison.Ordinal));
        await NextAnswersAsync(load);
        await stopping.CancelAsync();
        (await Task.WhenAll(load.Select(client => client.Done)))
            .Should()
            .OnlyContain(answers => answers.Any(it => it.Open) && answers.Any(it => !it.Open));

        async Task AgreedAsync(RouterProcess instance)
        {
            using var operators = new OperatorClient(instance.ManagementUrl);
            await Eventually.TrueAsync(async () => (await operators.SendAsync("GET", "/fleet?expect=2")).Body["safe"]!.GetValue<bool>());
        }
    }

    private static async Task<(RawConnection Client, RawConnection Backend)> BeginAsync(
        RouterProcess router,
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

    // An empty store waits for another instance that knows better.
    private static async Task<RouterProcess> OpenAsync(SiteFile site, string instance)
    {
        var router = await RouterProcess.StartAsync(site.Set("Instance", instance));
        await Eventually.TrueAsync(async () => (await StatusAsync(router)).Contains("\"live\"", StringComparison.Ordinal));
        return router;
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

    private static async Task<string> StatusAsync(RouterProcess router)
    {
        using var client = new HttpClient();
        return await client.GetStringAsync($"http://{router.Endpoint}/_status").InTime();
    }

    // Until each client has had two more answers: the second was asked for after now.
    private static async Task NextAnswersAsync(IReadOnlyList<Client> load)
    {
        var before = load.Select(client => client.Count).ToArray();
        await Eventually.Async(() => load.Zip(before).All(pair => pair.First.Done.IsFaulted || pair.First.Count >= pair.Second + 2));
    }

    private static Client AskAsync(IPEndPoint endpoint, CancellationToken stopping, bool mayFail = false) =>
        new(endpoint, mayFail, stopping);

    private sealed record Answer(DateTimeOffset Sent, DateTimeOffset Had, bool Open);

    /// <summary>
    /// Asks one question after the other, and keeps every answer. An answer that is neither the application's nor the page ends it.
    /// </summary>
    private sealed class Client
    {
        private int _count;

        public Client(IPEndPoint endpoint, bool mayFail, CancellationToken stopping) =>
            Done = Task.Run(() => RunAsync(endpoint, mayFail, stopping));

        public int Count => Volatile.Read(ref _count);

        public Task<List<Answer>> Done { get; }

        private async Task<List<Answer>> RunAsync(IPEndPoint endpoint, bool mayFail, CancellationToken stopping)
        {
            var answers = new List<Answer>();
            using var client = new HttpClient { Timeout = Deadlines.Limit };
            while (!stopping.IsCancellationRequested)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{endpoint}/")
                {
                    Headers = { Host = "www.example.org" },
                };
                var sent = DateTimeOffset.UtcNow;
                try
                {
                    using var response = await client.SendAsync(request, CancellationToken.None);
                    var body = await response.Content.ReadAsStringAsync(CancellationToken.None);
                    response.StatusCode.Should().BeOneOf(HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable);
                    body.Should().NotBeEmpty();
                    answers.Add(new Answer(sent, DateTimeOffset.UtcNow, response.StatusCode == HttpStatusCode.OK));
                    Interlocked.Increment(ref _count);
                }
                catch (Exception error) when (mayFail && error is (HttpRequestException or SocketException))
                {
                    // Its instance was killed. Where that happens between the connection and its first use, the framework lets the socket's
                    // error through.
                }

                // A pace, so that the machine has time for the switch itself.
                await Task.Delay(3, CancellationToken.None);
            }

            return answers;
        }
    }
}
