using System.Net;
using System.Net.Sockets;
using Router.Modes;
using Router.Upstreams;

namespace Router.Tests.Forwarding;

public sealed class CircuitBreakerTests
{
    [Fact]
    public async Task After_consecutive_failures_the_response_is_an_immediate_503_and_the_backend_recovers_by_itself()
    {
        using var reserved = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        reserved.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var other = WireMockBackend.RespondingText("other");
        await using var router = await RunningRouter.StartAsync(
            new SiteFile()
                // A name of its own: the metrics of all routers in this process are in one place.
                .Frontend("unlucky", $"http://{reserved.LocalEndPoint}")
                .Host("www.*", "unlucky")
                .Frontend("other", other.Address)
                .Host("other.*", "other")
                .Set("Backends:unlucky:BreakerFailures", "3")
                .Set("Backends:unlucky:BreakerDuration", "4s")
        );

        var statuses = new List<int>();
        for (var i = 0; i < 6; i++)
            statuses.Add((await router.GetAsync("http://www.example.org/")).Status);
        statuses[0].Should().Be(502);
        var refused = await router.GetAsync("http://www.example.org/");
        refused.Status.Should().Be(503);
        refused.Value("Retry-After").Should().NotBeNull();
        await router.Log.NextAsync("circuit_open");
        (await router.GetAsync("http://localhost/_status")).Body.Should().Contain("\"open\"");
        (await router.GetAsync("http://localhost/_metrics"))
            .Body.Should()
            .MatchRegex("router_backend_circuit[^\\n]*backend=\"unlucky\"[^\\n]*state=\"open\"[^\\n]*} 1");
        (await router.GetAsync("http://other.example.org/")).Body.Should().Be("other", "a breaker of one backend never touches another");

        reserved.Listen();
        using var served = new CancellationTokenSource();
        var serving = ServeAsync(reserved, served.Token);
        await Eventually.TrueAsync(async () => (await router.GetAsync("http://www.example.org/")).Status == 200);
        (await router.GetAsync("http://localhost/_status")).Body.Should().NotContain("\"open\"");
        await served.CancelAsync();
        await serving;
    }

    [Fact]
    public async Task No_request_is_spent_on_an_open_breaker_and_the_first_connection_in_the_background_closes_it()
    {
        var clock = new ManualClock();
        using var reserved = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        reserved.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var router = await RunningRouter.StartAsync(
            SiteFile
                .Of("www.*", $"http://{reserved.LocalEndPoint}")
                .Set("Backends:www:BreakerFailures", "1")
                .Set("Backends:www:BreakerDuration", "1h"),
            clock
        );
        var destination = router.Site.Backends[0].Destinations[0];
        (await router.GetAsync("http://www.example.org/")).Status.Should().BeOneOf(502, 503);
        reserved.Listen();
        using var served = new CancellationTokenSource();
        var serving = ServeAsync(reserved, served.Token);

        // The clock stands still, and nothing is attempted in the background.
        for (var i = 0; i < 5; i++)
            (await router.GetAsync("http://www.example.org/")).Status.Should().Be(503);
        clock.Advance(TimeSpan.FromMilliseconds(100));
        await Eventually.Async(() => destination.Circuit == CircuitState.Closed);

        (await router.GetAsync("http://www.example.org/")).Status.Should().Be(200);
        await served.CancelAsync();
        await serving;
    }

    [Fact]
    public async Task The_breaker_of_a_backend_that_the_mode_closes_is_closed_without_a_connection()
    {
        var clock = new ManualClock();
        using var reserved = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        reserved.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", $"http://{reserved.LocalEndPoint}").Set("Backends:www:BreakerFailures", "1"),
            clock
        );
        var destination = router.Site.Backends[0].Destinations[0];
        (await router.GetAsync("http://www.example.org/")).Status.Should().BeOneOf(502, 503);
        destination.Circuit.Should().Be(CircuitState.Open);
        router.Switch(ModeCatalogue.All.Single(mode => mode.Name == "maintenance"));
        reserved.Listen();

        clock.Advance(TimeSpan.FromSeconds(1));
        await Eventually.Async(() => destination.Circuit == CircuitState.Closed);

        reserved.Poll(0, SelectMode.SelectRead).Should().BeFalse("no connection was made");
    }

    private static async Task ServeAsync(Socket listener, CancellationToken end)
    {
        try
        {
            while (true)
            {
                using var connection = new RawConnection(await listener.AcceptAsync(end));
                if (await connection.ReadMessageAsync() is null)
                    continue;
                await connection.WriteAsync("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
            }
        }
        catch (OperationCanceledException) { }
    }
}
