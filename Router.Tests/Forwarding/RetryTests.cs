using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Router.Tests.Forwarding;

public sealed class RetryTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Fact]
    public async Task A_connection_that_the_backend_has_closed_while_it_was_idle_costs_no_client_an_error()
    {
        await using var backend = RawBackend.Start(async connection =>
        {
            await connection.ReadMessageAsync();
            await connection.WriteAsync(Ok);
            connection.Dispose();
        });
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));

        for (var i = 0; i < 200; i++)
            (await router.GetAsync("http://www.example.org/")).Status.Should().Be(200);
    }

    [Fact]
    public async Task A_backend_that_restarts_gets_a_request_again_after_a_pause_by_the_clock()
    {
        var pause = TimeSpan.FromMilliseconds(40);
        var clock = new ManualClock();
        using var restarting = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        restarting.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", $"http://{restarting.LocalEndPoint}"), clock);
        using var client = await router.ConnectAsync();
        await client.WriteAsync("POST / HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 0\r\n\r\n");
        await Eventually.Async(() => clock.IsAwaited(pause));

        restarting.Listen();
        clock.Advance(pause);
        using var backend = new RawConnection(await restarting.AcceptAsync().InTime());
        await backend.ReadMessageAsync();
        await backend.WriteAsync(Ok);

        (await client.ReadMessageAsync())!.Status.Should().Be(200);
    }

    [Theory]
    [InlineData("GET", true)]
    [InlineData("HEAD", true)]
    [InlineData("PUT", true)]
    [InlineData("DELETE", true)]
    [InlineData("OPTIONS", true)]
    [InlineData("POST", false)]
    [InlineData("PATCH", false)]
    [InlineData("BREW", false)]
    [InlineData("get", false)]
    [InlineData("PUT with a body", false)]
    [InlineData("GET with a body", false)]
    public async Task A_kept_connection_found_dead_is_replaced_only_for_idempotent_requests(string request, bool again)
    {
        var seen = new ConcurrentQueue<string>();
        var made = 0;
        await using var backend = RawBackend.Start(async connection =>
        {
            var first = Interlocked.Increment(ref made) == 1;
            while (await connection.ReadMessageAsync() is { } message)
            {
                seen.Enqueue(message.Target);
                if (first && message.Target == "/second")
                {
                    connection.Reset();
                    return;
                }

                await connection.WriteAsync(message.Method == "HEAD" ? "HTTP/1.1 200 OK\r\n\r\n" : Ok);
            }
        });
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        (await router.GetAsync("http://www.example.org/first")).Status.Should().Be(200);

        var method = request.Split(' ')[0];
        var body = request.Contains("body", StringComparison.Ordinal) ? "Content-Length: 5\r\n\r\nhello" : "\r\n";
        using var client = await router.ConnectAsync();
        await client.WriteAsync($"{method} /second HTTP/1.1\r\nHost: www.example.org\r\n{body}");
        var reply = new RawMessage(await client.ReadHeadAsync());

        reply.Status.Should().Be(again ? 200 : 502);
        seen.Count(target => target == "/second").Should().Be(again ? 2 : 1);
    }

    [Fact]
    public async Task A_request_that_died_on_a_fresh_connection_is_not_sent_again()
    {
        await using var backend = RawBackend.Start(async connection =>
        {
            await connection.ReadMessageAsync();
            connection.Reset();
        });
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));

        (await router.GetAsync("http://www.example.org/")).Status.Should().Be(502);
        backend.Connections.Should().Be(1);
    }

    [Fact]
    public async Task A_request_whose_response_has_begun_is_not_sent_again()
    {
        var made = 0;
        await using var backend = RawBackend.Start(async connection =>
        {
            Interlocked.Increment(ref made);
            await connection.ReadMessageAsync();
            await connection.WriteAsync(Ok);
            await connection.ReadMessageAsync();
            await connection.WriteAsync("HTT");
            connection.Reset();
        });
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));

        (await router.GetAsync("http://www.example.org/")).Status.Should().Be(200);
        (await router.GetAsync("http://www.example.org/")).Status.Should().Be(502);
        made.Should().Be(1);
    }

    [Fact]
    public async Task Refused_connections_are_tried_again_also_for_POST_but_within_the_budget()
    {
        using var closed = new ClosedPort();
        await using var router = await RunningRouter.StartAsync(
            new SiteFile()
                // A name of its own: the metrics of all routers in this process are in one place.
                .Frontend("budgeted", closed.Address)
                .Host("www.*", "budgeted")
                .Set("Backends:budgeted:BreakerFailures", "1000")
        );

        for (var i = 0; i < 60; i++)
            (await router.SendAsync("POST", "http://www.example.org/", new StringContent("hello"))).Status.Should().Be(502);

        var metrics = (await router.GetAsync("http://localhost/_metrics")).Body;
        var retries = MetricsText.Sum(metrics, "router_retries_total{otel_scope_name=\"Router\",backend=\"budgeted\"");
        // Ten to begin with, and one for each five requests.
        retries.Should().BeInRange(10, 10 + (60 / 5) + 1);
    }
}
