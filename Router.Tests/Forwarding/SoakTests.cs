using System.Net.Sockets;
using Xunit.Abstractions;

namespace Router.Tests.Forwarding;

[Collection(Alone.Name)]
public sealed class SoakTests(ITestOutputHelper output)
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [SoakFact]
    public async Task After_a_minute_of_load_on_a_flapping_backend_nothing_is_left_behind()
    {
        var seconds = int.TryParse(Environment.GetEnvironmentVariable("ROUTER_SOAK_SECONDS"), out var given) ? given : 60;
        var flap = 0;
        await using var backend = RawBackend.Start(async connection =>
        {
            using var ended = connection;
            // The harness keeps every byte that a connection received: none of them may grow old.
            for (var left = 200; left > 0 && await connection.ReadMessageAsync() is { } request; left--)
            {
                switch (Interlocked.Increment(ref flap) % 20)
                {
                    case 0:
                        connection.Reset();
                        return;
                    case 1:
                        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
                        return;
                    case 2:
                        await Task.Delay(150);
                        break;
                    case 3:
                        await connection.WriteAsync("rubbish\r\n\r\n");
                        return;
                }

                if (request.Value("Upgrade") is null)
                {
                    await connection.WriteAsync(Ok);
                    continue;
                }

                await connection.WriteAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello");
                await connection.ReadToEndAsync();
                return;
            }
        });
        await using var router = await RunningRouter.StartAsync(
            SiteFile
                .Of("*", backend)
                .Set("Backends:www:ResponseTimeout", "100ms")
                .Set("Backends:www:MaxConcurrentRequests", "16")
                .Set("Backends:www:QueueTimeout", "1s")
        );
        router.AccessLog.Forgets = true;
        await LoadAsync(router, TimeSpan.FromSeconds(5));
        var before = await SettledAsync(router);

        var requests = await LoadAsync(router, TimeSpan.FromSeconds(seconds));
        var after = await SettledAsync(router);

        output.WriteLine($"{requests} requests; before: {before}; after: {after}");
        requests.Should().BeGreaterThan(seconds * 50);
        after.Handles.Should().BeLessThan(before.Handles + 20);
        after
            .Memory.Should()
            .BeLessThan(before.Memory + (16 << 20) + (requests * 200L), "the harness keeps a few bytes of each connection");
        var upstream = router.Site.Backends[0];
        (upstream.InFlight, upstream.Upgraded, upstream.Destinations[0].InFlight).Should().Be((0, 0, 0));
        // Every permit is free: as many as there are can be taken at once.
        Enumerable.Range(0, 16).Select(_ => upstream.TryTakePermit()).Should().NotContainNulls();
    }

    private static async Task<int> LoadAsync(RunningRouter router, TimeSpan time)
    {
        var end = DateTime.UtcNow + time;
        var count = 0;
        await Task.WhenAll(
            Enumerable
                .Range(0, 24)
                .Select(async number =>
                {
                    var random = new Random(number);
                    while (DateTime.UtcNow < end)
                    {
                        Interlocked.Increment(ref count);
                        try
                        {
                            using var client = await router.ConnectAsync();
                            var kind = random.Next(10);
                            await client.WriteAsync(
                                kind switch
                                {
                                    0 => "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe",
                                    1 => "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
                                    < 5 => "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
                                    _ => "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                                }
                            );
                            if (kind == 0)
                                client.Reset();
                            else if (kind == 1)
                                await client.ReadHeadAsync();
                            else if (kind != 2)
                                await client.ReadToEndAsync();
                        }
                        catch (Exception gone) when (gone is IOException or SocketException) { }
                    }
                })
        );
        return count;
    }

    private static async Task<(int Handles, long Memory)> SettledAsync(RunningRouter router)
    {
        await Eventually.Async(() =>
            router.Site.Backends[0] is { InFlight: 0, Upgraded: 0 } upstream && upstream.Destinations[0].InFlight == 0
        );
        var handles = int.MaxValue;
        // Idle connections that the backend has closed are let go within a moment; wait until no more go.
        for (var quiet = 0; quiet < 20; )
        {
            await Task.Delay(100);
            var now = Directory.GetFiles("/proc/self/fd").Length;
            quiet = now < handles ? 0 : quiet + 1;
            handles = Math.Min(handles, now);
        }

        GC.Collect();
        GC.WaitForPendingFinalizers();
        return (handles, GC.GetTotalMemory(forceFullCollection: true));
    }
}
