using Router.Serving;

namespace Router.Tests.Forwarding;

public sealed class ShutdownTests
{
    [Fact]
    public async Task Every_request_in_flight_at_the_stop_gets_its_complete_response()
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var waiting = 0;
        await using var backend = RawBackend.Start(async connection =>
        {
            while (await connection.ReadMessageAsync() is not null)
            {
                Interlocked.Increment(ref waiting);
                await go.Task;
                await connection.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
                await Task.Yield();
                await connection.WriteAsync("5\r\nworld\r\n0\r\n\r\n");
            }
        });
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        var replies = Enumerable
            .Range(0, 40)
            .Select(i =>
                i % 2 == 0
                    ? router.GetAsync("http://www.example.org/")
                    : router.SendAsync("POST", "http://www.example.org/", new StringContent("hello"))
            )
            .ToList();
        await Eventually.Async(() => Volatile.Read(ref waiting) == 40);

        var stop = router.App.StopAsync();
        stop.IsCompleted.Should().BeFalse();
        go.SetResult();

        foreach (var reply in replies)
            (await reply.InTime()).Body.Should().Be("helloworld");
        await stop.InTime();
    }

    [Fact]
    public async Task A_request_that_was_just_sent_on_a_kept_connection_gets_its_response_which_ends_the_connection()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend.Address), new ManualClock());
        var clients = new List<RawConnection>();
        string[] requests =
        [
            "GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: unknown\r\n\r\n",
            "GET /_status HTTP/1.1\r\nHost: localhost\r\n\r\n",
        ];
        for (var i = 0; i < 12; i++)
        {
            var client = await router.ConnectAsync();
            await client.WriteAsync(requests[i % requests.Length]);
            (await client.ReadMessageAsync())!.Value("Connection").Should().BeNull();
            clients.Add(client);
        }

        var stop = router.App.StopAsync();
        for (var i = 0; i < clients.Count; i++)
        {
            await clients[i].WriteAsync(requests[i % requests.Length]);
            (await clients[i].ReadMessageAsync())!
                .Value("Connection")
                .Should()
                .Be("close", "the client must not send another request here");
            (await clients[i].ReadToEndAsync()).Should().Be(("", Ending.Finished));
            clients[i].Dispose();
        }

        // With the last connection the grace has ended: no clock has moved.
        await stop.InTime();
    }

    [Fact]
    public async Task A_connection_that_stays_idle_is_closed_two_seconds_after_the_stop_and_a_new_one_is_served_until_then()
    {
        var clock = new ManualClock();
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend.Address), clock);
        using var idle = await router.ConnectAsync();
        await idle.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        await idle.ReadMessageAsync();

        var stop = router.App.StopAsync();
        (await router.SendRawAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n")).Value("Connection").Should().Be("close");
        stop.IsCompleted.Should().BeFalse();
        clock.Advance(StopGrace.MaxGrace);

        (await idle.ReadToEndAsync()).Text.Should().BeEmpty();
        await stop.InTime();
    }

    [Fact]
    public async Task Router_announces_that_it_will_close_a_kept_connection()
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var backend = RawBackend.Start(async connection =>
        {
            await connection.ReadMessageAsync();
            await go.Task;
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        });
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        using var client = await router.ConnectAsync();
        await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        await Eventually.Async(() => backend.Connections == 1);

        var stop = router.App.StopAsync();
        go.SetResult();
        var (text, ending) = await client.ReadToEndAsync();

        text.Should().EndWith("\r\n\r\nok");
        ending.Should().Be(Ending.Finished);
        await stop.InTime();
    }
}
