namespace Router.Tests.Forwarding;

public sealed class SeveralAddressesTests
{
    [Fact]
    public async Task One_dead_address_of_three_costs_no_client_an_error()
    {
        using var dead = new ClosedPort();
        await using var one = WireMockBackend.RespondingText("ok");
        await using var two = WireMockBackend.RespondingText("ok");
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", $"{one.Address}, {dead.Address}, {two.Address}").Set("Backends:www:BreakerDuration", "20ms")
        );

        for (var round = 0; round < 15; round++)
        {
            var replies = await Task.WhenAll(
                Enumerable
                    .Range(0, 20)
                    .Select(i =>
                        i % 4 == 0
                            ? router.SendAsync("POST", "http://www.example.org/", new StringContent("hello"))
                            : router.GetAsync("http://www.example.org/")
                    )
            );
            replies.Should().OnlyContain(reply => reply.Status == 200 && reply.Body == "ok");
        }
    }

    [Fact]
    public async Task Requests_go_to_the_address_with_fewer_in_flight()
    {
        await using var one = RawBackend.Start();
        await using var two = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", $"{one.Address}, {two.Address}"), new ManualClock());

        var clients = new List<RawConnection>();
        for (var i = 0; i < 20; i++)
        {
            var client = await router.ConnectAsync();
            clients.Add(client);
            await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
            await Eventually.Async(() => one.Connections + two.Connections == i + 1);
        }

        // Of two addresses the power of two choices is the better one, every time.
        one.Connections.Should().Be(10);
        two.Connections.Should().Be(10);
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task An_address_that_fails_its_probe_gets_no_requests_until_it_passes()
    {
        var ill = true;
        var asked = 0;
        await using var one = WireMockBackend.RespondingText("one");
        await using var two = RawBackend.Start(async connection =>
        {
            while (await connection.ReadMessageAsync() is { } request)
            {
                if (request.Target == "/up")
                    Interlocked.Increment(ref asked);
                var status = request.Target == "/up" && Volatile.Read(ref ill) ? "503 Ill" : "200 OK";
                await connection.WriteAsync($"HTTP/1.1 {status}\r\nContent-Length: 3\r\n\r\ntwo");
            }
        });
        await using var router = await RunningRouter.StartAsync(
            SiteFile
                .Of("www.*", $"{one.Address}, {two.Address}")
                .Set("Backends:www:ProbePath", "/up")
                .Set("Backends:www:ProbeInterval", "1s")
        );
        await router.Log.NextAsync("does not respond to its probe");

        for (var i = 0; i < 50; i++)
            (await router.GetAsync("http://www.example.org/")).Body.Should().Be("one");
        Volatile.Write(ref ill, false);
        await router.Log.NextAsync("responds to its probe again");
        await Eventually.TrueAsync(async () => (await router.GetAsync("http://www.example.org/")).Body == "two");
    }
}
