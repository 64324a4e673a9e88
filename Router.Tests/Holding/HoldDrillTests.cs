using Xunit.Abstractions;

namespace Router.Tests.Holding;

/// <summary>
/// A short downtime that nobody notices: the database restarts while clients write, and the site holds them. See <see cref="DrillSite"/>.
/// </summary>
public sealed class HoldDrillTests(DrillDatabase database, ITestOutputHelper output) : IClassFixture<DrillDatabase>
{
    [DrillFact]
    public async Task The_database_restarts_under_writing_clients_and_none_of_them_gets_an_error_or_loses_a_write()
    {
        // Of its own: it restarts, and at the same time other drills use the one that they share.
        await using var server = await PostgresServer.StartAsync();
        var (started, one, _, _) = await DrillSite.StartAsync(server, DrillSite.Settle, output);
        await using var site = started;
        var hold = Tool.Start(
            one.ManagementUrl,
            "mode",
            "set",
            "hold",
            "--hold-timeout",
            "2m",
            "--then",
            "maintenance",
            "--after",
            "4m",
            "--wait",
            "--expect",
            "3"
        );
        var (said, before) = await site.SafeAsync(hold);
        said.Should().Contain("held: ").And.Contain(", unless the mode is changed before");

        await server.RestartAsync();
        (await site.Application.CommittedAsync()).Except(before).Should().BeEmpty("nothing may be committed after SAFE");
        (await Tool.RunAsync(one.ManagementUrl, "mode", "set", "live", "--wait", "--expect", "3")).Code.Should().Be(0);
        await DrillSite.LiveAsync(one, 3);
        await site.Clients.AcknowledgedAsync();

        site.Clients.Failed.Should().BeEmpty("nobody's wait was as long as the limit");
        await site.Application.IdleAsync();
        // Clients go on writing: what was acknowledged first, what is committed second.
        var acknowledged = site.Clients.Acknowledged.ToArray();
        acknowledged.Except(await site.Application.CommittedAsync()).Should().BeEmpty("what was acknowledged is there");
        site.Application.Repeated.Should().BeEmpty("no write arrives twice");
    }

    [DrillFact]
    public async Task A_holding_instance_that_is_killed_has_forwarded_nothing_of_what_waited()
    {
        var (started, one, _, three) = await DrillSite.StartWithProcessAsync(database.Server, DrillSite.Settle, output);
        await using var site = started;
        await site.SafeAsync(Tool.Start(one.ManagementUrl, "mode", "set", "hold", "--hold-timeout", "2m", "--wait", "--expect", "3"));
        string[] waiting = ["waiting-1", "waiting-2", "waiting-3"];
        var writing = waiting.Select(id => site.Clients.WriteAsync(three, id, TimeSpan.Zero)).ToArray();
        using var operators = new OperatorClient(three.ManagementUrl);
        await Eventually.TrueAsync(async () =>
            (await DrillSite.InstancesAsync(operators)).Any(it =>
                it["name"]!.GetValue<string>() == "router-3" && it["held"]?.GetValue<int>() >= waiting.Length
            )
        );

        await three.KillAsync();

        (await Task.WhenAll(writing)).Should().OnlyContain(status => status == null, "the connection broke");
        site.Application.Arrived.Should().NotContain(waiting);
        (await Tool.RunAsync(one.ManagementUrl, "mode", "set", "maintenance")).Code.Should().Be(0);
    }
}
