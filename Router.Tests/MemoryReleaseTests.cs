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
}
