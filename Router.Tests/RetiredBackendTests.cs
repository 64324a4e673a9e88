using Microsoft.Extensions.DependencyInjection;
using Router.Upstreams;

namespace Router.Tests;

/// <summary>What Router keeps of a backend that a reload removed: nothing, once no request needs it.</summary>
public sealed class RetiredBackendTests
{
    [Fact]
    public async Task A_reload_that_removes_a_backend_closes_its_idle_connections_and_forgets_its_addresses()
    {
        await using var removed = RawBackend.Start();
        await using var kept = RawBackend.RespondingText("kept");
        await using var router = await RunningRouter.StartAsync(Site(kept.Address).Api("old", removed.Address).Host("old.*", "old"));
        var reply = router.GetAsync("http://old.example.org/");
        using var connection = await removed.AcceptAsync();
        await RespondAsync(connection);
        (await reply).Body.Should().Be("old");
        await router.GetAsync("http://www.example.org/");

        await router.ReconfigureAsync(Site(kept.Address));

        (await connection.ReadMessageAsync().InTime()).Should().BeNull("Router has closed it");
        Names(router).Should().Equal("www");
        (await router.GetAsync("http://www.example.org/")).Body.Should().Be("kept");
        kept.Connections.Should().Be(1);
    }

    [Fact]
    public async Task A_request_that_is_in_flight_at_the_removal_is_served_and_its_connection_closed_after_it()
    {
        await using var removed = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(
            Site("http://www.invalid").Api("old", removed.Address).Host("old.*", "old")
        );
        var reply = router.GetAsync("http://old.example.org/");
        using var connection = await removed.AcceptAsync();
        await connection.ReadMessageAsync();

        await router.ReconfigureAsync(Site("http://www.invalid"));
        Names(router).Should().Equal("old", "www");
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold");

        (await reply).Body.Should().Be("old");
        (await connection.ReadMessageAsync().InTime()).Should().BeNull("Router has closed it");
        await Eventually.Async(() => Names(router).SequenceEqual(["www"]));
    }

    [Fact]
    public async Task A_backend_that_comes_back_while_it_still_has_a_request_keeps_its_connections_again()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(
            Site("http://www.invalid").Api("old", backend.Address).Host("old.*", "old")
        );
        var reply = router.GetAsync("http://old.example.org/");
        using var connection = await backend.AcceptAsync();
        await connection.ReadMessageAsync();

        await router.ReconfigureAsync(Site("http://www.invalid"));
        await router.ReconfigureAsync(Site("http://www.invalid").Api("old", backend.Address).Host("old.*", "old"));
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold");
        await reply;

        var second = router.GetAsync("http://old.example.org/");
        await RespondAsync(connection);
        (await second).Body.Should().Be("old");
        backend.Connections.Should().Be(1);
    }

    [Fact]
    public async Task A_removed_backend_s_HTTP_2_connection_is_closed()
    {
        await using var removed = Http2Backend.Start(_ => Http2Reaction.Serve);
        await using var router = await RunningRouter.StartAsync(
            Site("http://www.invalid").Api("old", removed.Address).Set("Backends:old:Http2", "true").Host("old.*", "old")
        );
        (await router.GetAsync("http://old.example.org/")).Status.Should().Be(200);

        await router.ReconfigureAsync(Site("http://www.invalid"));

        await removed.Closed.InTime();
        Names(router).Should().Equal("www");
    }

    private static SiteFile Site(string address) => SiteFile.Of("www.*", address);

    private static IEnumerable<string> Names(RunningRouter router) =>
        router
            .App.Services.GetRequiredService<UpstreamRegistry>()
            .All.Select(upstream => upstream.Settings.Name)
            .Order(StringComparer.Ordinal);

    private static async Task RespondAsync(RawConnection connection)
    {
        await connection.ReadMessageAsync();
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold");
    }
}
