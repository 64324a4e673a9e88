using StackExchange.Redis;

namespace Router.Tests;

/// <summary>A store that can be read and not written: the site runs on, and nobody can switch it.</summary>
public sealed class UnwritableStoreTests
{
    [RedisFact]
    public async Task A_fleet_that_cannot_be_switched_is_reported_before_an_operator_tries()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var redis = await RedisServer.StartAsync();
        await using var router = await RunningRouter.StartAsync(
            OperatorClient.With(SiteFile.Of("www.*", backend.Address)).Set("ModeStore:Redis", redis.Url)
        );
        await Eventually.TrueAsync(async () => (await router.GetAsync("http://www.example.org/")).Status == 200);
        using var operators = new OperatorClient(router);
        (await router.GetAsync("http://localhost/_status")).Body.Should().NotContain("switchProblem");

        await using var connection = await ConnectionMultiplexer.ConnectAsync($"localhost:{redis.Port},allowAdmin=true");
        await connection.GetServer(connection.GetEndPoints()[0]).ConfigSetAsync("maxmemory", "1");

        await Eventually.TrueAsync(async () =>
            (await router.GetAsync("http://localhost/_status")).Body.Contains("\"switchProblem\"", StringComparison.Ordinal)
        );
        (await router.GetAsync("http://localhost/_metrics"))
            .Body.Should()
            .MatchRegex("router_mode_switch_problem\\S* 1")
            .And.MatchRegex("router_mode_store_problem\\S* 0");
        (await operators.SendAsync("GET", "/mode")).Body["switchProblem"]!.ToString().Should().Contain("refused");
        (await operators.SendAsync("GET", "/fleet")).Body["verdict"]!
            .ToString()
            .Should()
            .StartWith("NOT SAFE: ")
            .And.Contain("can't see each other");
        (await operators.SendAsync("PUT", "/mode", """{"mode": "maintenance"}""")).Status.Should().Be(503);
        (await router.GetAsync("http://www.example.org/")).Status.Should().Be(200, "the site itself does not need to write");
    }
}
