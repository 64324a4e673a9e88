namespace Router.Tests.Forwarding;

public sealed class ShutdownTests
{
    [Fact]
    public async Task Every_request_that_is_in_flight_at_the_stop_is_answered_whole()
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
        var replies = Enumerable.Range(0, 40).Select(i => i % 2 == 0
            ? router.GetAsync("http://www.example.org/")
            : router.SendAsync("POST", "http://www.example.org/", new StringContent("hello"))).ToList();
        await Eventually.Async(() => Volatile.Read(ref waiting) == 40);

        var stop = router.App.StopAsync();
        stop.IsCompleted.Should().BeFalse();
        go.SetResult();

        foreach (var reply in replies)
            (await reply.InTime()).Body.Should().Be("helloworld");
        await stop.InTime();
    }

    [Fact]
    public async Task A_client_that_keeps_its_connection_is_told_that_it_ends()
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
