using System.Net;
using Xunit.Abstractions;

namespace Router.Tests;

/// <summary>
/// Rehearsals of a planned downtime, one fault each: what was acknowledged is in the restore, nothing is committed after SAFE, and no
/// client is told that a write had not arrived that had. See <see cref="DrillSite"/>. Here the store fails, or two operators use it at
/// once.
/// </summary>
public sealed class StoreDrillTests(DrillDatabase database, ITestOutputHelper output) : IClassFixture<DrillDatabase>
{
    [DrillFact]
    public async Task A_store_that_is_killed_wiped_or_slow_during_a_closing_makes_no_wrong_verdict()
    {
        var (started, one, two, _) = await DrillSite.StartAsync(database.Server, DrillSite.Settle, output);
        await using var site = started;
        (string Name, Func<Task> DoAsync)[] faults =
        [
            (
                "killed",
                async () =>
                {
                    await site.Redis.KillAsync();
                    // The length of the fault, which the instances meet in real time: less than their HeartbeatExpiry of 3 s.
                    await Task.Delay(TimeSpan.FromSeconds(1));
                    await site.Redis.ReturnAsync(withData: true);
                }
            ),
            ("wiped", site.Redis.WipeAsync),
            (
                "slow",
                async () =>
                {
                    await site.Redis.SignalAsync("STOP");
                    // The length of the fault, as above.
                    await Task.Delay(TimeSpan.FromSeconds(2));
                    await site.Redis.SignalAsync("CONT");
                }
            ),
        ];
        foreach (var (name, fault) in faults)
        {
            var writing = site.Clients.WriteAsync(two, name, TimeSpan.FromSeconds(3));
            await site.Application.HasAsync(name);
            var closing = DrillSite.StartClosing(one, "--expect", "3", "--timeout", "40s");
            await closing.LineAsync("mode:");
            await fault();
            var (_, restored) = await site.SafeAsync(closing);
            restored.Should().Contain(name);
            (await writing).Should().Be(HttpStatusCode.Created, "it ended within the drain limit");
            await site.NothingIsLostAsync(restored);
            var live = await Tool.RunAsync(one.ManagementUrl, "mode", "set", "live", "--wait", "--expect", "3");
            live.Code.Should().Be(0, live.Output + live.Errors);
        }
    }

    [DrillFact]
    public async Task Of_two_operators_at_once_one_decides_and_the_other_gets_a_conflict()
    {
        var (started, one, two, three) = await DrillSite.StartAsync(database.Server, DrillSite.Settle, output);
        await using var site = started;
        var anna = DrillSite.StartClosing(one, "--expect", "3");
        var bert = Tool.Start(two.ManagementUrl, "mode", "set", "read-only", "--operator", "bert", "--wait", "--expect", "3");

        var done = await Task.WhenAll(anna.Done, bert.Done);

        var all = string.Join("\n---\n", done.Select(it => $"{it.Code}: {it.Output}{it.Errors}"));
        done.Should()
            .Contain(it => it.Code == 0, all)
            .And.OnlyContain(
                it =>
                    it.Code == 0
                        ? DrillSite.LastLine(it.Output) == "SAFE"
                        : it.Output.Contains("The mode was changed in the meantime") || it.Errors.Length > 0,
                all
            );
        var (_, restored) = await site.SafeAsync(Tool.Start(three.ManagementUrl, "mode", "--wait", "--expect", "3"));
        await site.NothingIsLostAsync(restored);
    }
}
