using System.Net;
using System.Net.Sockets;

namespace Router.Tests.Forwarding;

public sealed class CircuitBreakerTests
{
    [Fact]
    public async Task After_consecutive_failures_the_answer_is_503_at_once_and_the_backend_comes_back_by_itself()
    {
        using var reserved = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        reserved.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var other = RawBackend.Saying("other");
        await using var router = await RunningRouter.StartAsync(new SiteFile()
            // A name of its own: the metrics of all routers in this process stand together.
            .Frontend("unlucky", $"http://{reserved.LocalEndPoint}").Host("www.*", "unlucky")
            .Frontend("other", other.Address).Host("other.*", "other")
            .Set("Backends:unlucky:BreakerFailures", "3").Set("Backends:unlucky:BreakerDuration", "4s"));

        var statuses = new List<int>();
        for (var i = 0; i < 6; i++)
            statuses.Add((await router.GetAsync("http://www.example.org/")).Status);
        statuses[0].Should().Be(502);
        var refused = await router.GetAsync("http://www.example.org/");
        refused.Status.Should().Be(503);
        refused.Value("Retry-After").Should().NotBeNull();
        await router.Log.NextAsync("circuit_open");
        (await router.GetAsync("http://localhost/_status")).Body.Should().Contain("\"open\"");
        (await router.GetAsync("http://localhost/_metrics")).Body.Should().MatchRegex("router_backend_circuit[^\\n]*backend=\"unlucky\"[^\\n]*state=\"open\"[^\\n]*} 1");
        (await router.GetAsync("http://other.example.org/")).Body.Should().Be("other", "a breaker of one backend never touches another");

        reserved.Listen();
        using var served = new CancellationTokenSource();
        var serving = ServeAsync(reserved, served.Token);
        await Eventually.TrueAsync(async () => (await router.GetAsync("http://www.example.org/")).Status == 200);
        (await router.GetAsync("http://localhost/_status")).Body.Should().NotContain("\"open\"");
        await served.CancelAsync();
        await serving;
    }

    private static async Task ServeAsync(Socket listener, CancellationToken end)
    {
        try
        {
            while (true)
            {
                using var connection = new RawConnection(await listener.AcceptAsync(end));
                await connection.ReadMessageAsync();
                await connection.WriteAsync("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
            }
        }
        catch (OperationCanceledException)
        {
        }
    }
}
