using Microsoft.Extensions.DependencyInjection;
using Router.Serving;

namespace Router.Tests;

public sealed class MemoryReleaseTests
{
    [Fact]
    public async Task Memory_is_released_when_many_connections_with_half_a_request_have_gone()
    {
        var clock = new ManualClock();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://backend.invalid"), clock);
        var connections = router.App.Services.GetRequiredService<ClientConnections>();
        var clients = new List<RawConnection>();
        for (var i = 0; i < MemoryRelease.SmallestPeak; i++)
        {
            clients.Add(await router.ConnectAsync());
            await clients[i].WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\nX-Half:");
        }

        await Eventually.Async(() => connections.Peak >= MemoryRelease.SmallestPeak);
        clients.ForEach(client => client.Dispose());
        await Eventually.Async(() => connections.Open == 0);
        clock.Advance(MemoryRelease.Interval);

        (await router.Log.NextAsync("Released memory")).Should().Contain("connections: 0 are open");
        connections.Peak.Should().Be(0, "one peak is one collection");
    }

    [Fact]
    public async Task Memory_is_released_once_after_a_large_configuration_was_read()
    {
        var clock = new ManualClock();
        var site = SiteFile.Of("www.*", "http://backend.invalid");
        for (var i = 1; i < MemoryRelease.LargeTable; i++)
            site.Host($"h{i}.example.org", "www");
        await using var router = await RunningRouter.StartAsync(site, clock);

        // At the start, with no interval.
        (await router.Log.NextAsync("Released memory"))
            .Should()
            .Contain($"after {MemoryRelease.LargeTable} routes were read");
        // The intervals that pass meanwhile release nothing: the next release is of the next configuration.
        for (var i = 0; i < 3; i++)
            clock.Advance(MemoryRelease.Interval);
        router.Replace(site.Host("another.example.org", "www").ToString());
        await router.App.Services.GetRequiredService<Reloader>().ReloadAsync("a test", CancellationToken.None);
        var released = router.Log.NextAsync("Released memory");
        await Eventually.Async(() =>
        {
            clock.Advance(MemoryRelease.Interval);
            return released.IsCompleted;
        });
        (await released).Should().Contain($"after {MemoryRelease.LargeTable + 1} routes were read");
    }
}
