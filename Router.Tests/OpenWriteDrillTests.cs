using System.Net;
using System.Net.WebSockets;
using Xunit.Abstractions;

namespace Router.Tests;

/// <summary>
/// Rehearsals of a planned downtime, one fault each: what was acknowledged is in the restore, nothing is committed after SAFE, and no
/// client is told that a write had not arrived that had. See <see cref="DrillSite"/>. Here writes are under way that break.
/// </summary>
public sealed class OpenWriteDrillTests(DrillDatabase database, ITestOutputHelper output) : IClassFixture<DrillDatabase>
{
    private const string Api = "api.example.org";

    [DrillFact]
    public async Task What_a_killed_instance_had_in_flight_is_waited_for_and_listed()
    {
        var (started, one, _, three) = await DrillSite.StartWithProcessAsync(database.Server, TimeSpan.FromSeconds(6), output);
        await using var site = started;
        string[] slow = ["slow-1", "slow-2", "slow-3"];
        var writing = slow.Select(id => site.Clients.WriteAsync(three, id, TimeSpan.FromSeconds(4.5))).ToArray();
        await Task.WhenAll(slow.Select(site.Application.HasAsync));
        using var operators = new OperatorClient(one.ManagementUrl);
        await Eventually.TrueAsync(async () =>
        {
            var open = (await DrillSite.InstancesAsync(operators)).SelectMany(it => it["openWrites"]!.AsArray());
            return slow.All(id => open.Any(write => write!["path"]!.GetValue<string>() == $"/write/{id}"));
        });

        await three.KillAsync();
        var starting = three.StartAgainAsync();
        var (said, restored) = await site.SafeAsync(DrillSite.StartClosing(one, "--expect", "3"));

        await starting;
        restored.Should().Contain(slow, "SAFE comes after the application has finished");
        foreach (var id in slow)
            said.Should().MatchRegex($"OUTCOME UNKNOWN: .*/write/{id} ");
        said.Should().Contain("router-3 died between");
        (await Task.WhenAll(writing)).Should().OnlyContain(status => status == null, "the connection broke");
        await site.NothingIsLostAsync(restored);
    }

    [DrillFact]
    public async Task A_write_that_was_cut_is_waited_for_and_listed()
    {
        var (started, one, two, _) = await DrillSite.StartAsync(database.Server, TimeSpan.FromSeconds(5), output);
        await using var site = started;
        var writing = site.Clients.WriteAsync(two, "cut", TimeSpan.FromSeconds(4.5));
        await site.Application.HasAsync("cut");

        var closing = DrillSite.StartClosing(one, "--expect", "3", "--cut-after", "1s");
        await closing.LineAsync("of unknown outcome may still be applied until");
        var (said, restored) = await site.SafeAsync(closing);

        restored.Should().Contain("cut");
        said.Should().MatchRegex("OUTCOME UNKNOWN: .*/write/cut ");
        await writing;
        site.Clients.Unknown.Should().Contain("cut", "the client is told what the operator is told");
        await site.NothingIsLostAsync(restored);
    }

    [DrillFact]
    public async Task Read_only_ends_open_writers_and_recovery_does_not_call_open_APIs_safe()
    {
        var (started, one, two, _) = await DrillSite.StartAsync(database.Server, DrillSite.Settle, output);
        await using var site = started;
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Host", "www.example.org");
        await socket.ConnectAsync(new Uri($"ws://{two.Endpoint}/socket"), default).InTime();
        await Eventually.TrueAsync(async () => (await site.Application.CommittedAsync()).Contains("socket-3"));

        var closing = Tool.Start(one.ManagementUrl, "mode", "set", "read-only", "--cut-after", "1s", "--wait", "--expect", "3");
        var (_, restored) = await site.SafeAsync(closing);
        await site.NothingIsLostAsync(restored);

        var recovery = await Tool.RunAsync(one.ManagementUrl, "mode", "set", "recovery", "--wait", "--expect", "3");
        DrillSite
            .LastLine(recovery.Output)
            .Should()
            .Be("CLOSED TO VISITORS on all 3 instances. The APIs are open and accept writes: do not restore yet");
        recovery.Code.Should().Be(0, "the mode that was asked for is in force everywhere");
        (await site.Clients.WriteAsync(two, "api", TimeSpan.Zero, Api)).Should().Be(HttpStatusCode.Created);
        (await Tool.RunAsync(one.ManagementUrl, "mode", "--expect", "3")).Code.Should().Be(1, "no restore may start");

        var live = await Tool.RunAsync(one.ManagementUrl, "mode", "set", "live", "--wait", "--expect", "3");
        (live.Code, DrillSite.LastLine(live.Output)).Should().Be((0, "OPEN on all 3 instances"));
    }
}
