using Router.Access;

namespace Router.Tests;

/// <summary>What an instance counts in a window of downtime, for the window's report.</summary>
public sealed class WindowCountTests
{
    [Fact]
    public async Task A_window_counts_what_it_rejected_and_what_bypasses_sent_and_keeps_that_until_the_next_window()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await RunningRouter.StartAsync(
            OperatorClient.With(SiteFile.Of("www.*", backend.Address)).Set("Mode", "maintenance")
        );
        using var operators = new OperatorClient(router);
        await GetAsync();
        await GetAsync();
        (await router.SendAsync("POST", "http://www.example.org/save", new StringContent("a"))).Status.Should().Be(503);
        (await GetAsync("Connection", "Upgrade", "Upgrade", "websocket")).Should().Be(503);
        var token = (await operators.SendAsync("POST", "/bypass", "{}")).Body["token"]!.GetValue<string>();
        (await GetAsync(BypassToken.Header, token)).Should().Be(200);

        var closed = await CountAsync();
        await operators.SendAsync("PUT", "/mode", """{"mode": "live"}""");
        await Eventually.TrueAsync(async () => await GetAsync() == 200);
        var open = await CountAsync();
        await operators.SendAsync("PUT", "/mode", """{"mode": "maintenance"}""");
        await Eventually.TrueAsync(async () => await GetAsync() == 503);
        var next = await CountAsync();

        (closed.Rejected, closed.Writes, closed.Bypassed).Should().Be((4, 2, 1));
        (open.Window, open.Writes, open.Bypassed).Should().Be((closed.Window, 2, 1));
        (next.Rejected, next.Writes, next.Bypassed).Should().Be((1, 0, 0));
        next.Window.Should().NotBe(closed.Window);

        async Task<int> GetAsync(params string[] headers) =>
            (await router.GetAsync("http://www.example.org/", [.. headers.Chunk(2).Select(pair => (pair[0], pair[1]))])).Status;

        async Task<(string Window, long Rejected, long Writes, long Bypassed)> CountAsync()
        {
            var count = (await operators.SendAsync("GET", "/fleet")).Body["instances"]![0]!["report"]!["windowCount"]!;
            return (
                count["window"]!.GetValue<string>(),
                count["rejected"]!.GetValue<long>(),
                count["rejectedWrites"]!.GetValue<long>(),
                count["bypassed"]!.GetValue<long>()
            );
        }
    }
}
