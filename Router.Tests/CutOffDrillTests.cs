using System.Diagnostics;
using System.Net;
using Xunit.Abstractions;

namespace Router.Tests;

/// <summary>
/// Rehearsals of a planned downtime, one fault each: what was acknowledged is in the restore, nothing is committed after SAFE, and no
/// client is told that a write had not arrived that had. See <see cref="DrillSite"/>. Here an instance is cut off from the store.
/// </summary>
public sealed class CutOffDrillTests(DrillDatabase database, ITestOutputHelper output) : IClassFixture<DrillDatabase>
{
    // Two processes of one host see each other's process. Here they are on different hosts: neither can prove that the other has ended.
    private static readonly string[] OtherHost = Environment.IsPrivilegedProcess
        ? ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
        : ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc"];

    [DrillFact]
    public async Task A_replaced_instance_that_is_cut_off_from_the_store_blocks_the_verdict_until_it_is_acknowledged()
    {
        await using var site = await DrillSite.PrepareAsync(database.Server, DrillSite.Settle, output);
        await using var relay = CuttableRelay.Start(site.Redis.Port);
        var (one, two) = (await site.OpenAsync("router-1"), await site.OpenAsync("router-2"));
        var three = await site.OpenProcessAsync("router-3", relay.Redis, OtherHost);
        await DrillSite.LiveAsync(one, 3);
        var refused = site.Clients.RefusedBy(three).Count();
        relay.Cut();
        var four = await site.OpenAsync("router-4");

        var first = await DrillSite.StartClosing(one, "--expect", "3", "--timeout", "6s").Done;
        first.Code.Should().Be(1);
        DrillSite
            .LastLine(first.Output)
            .Should()
            .StartWith("NOT SAFE")
            .And.Contain("router-3")
            .And.MatchRegex("router fleet .*forget NAME");
        var through = await site.Clients.WriteAsync(three, "through-router-3", TimeSpan.Zero);
        through.Should().Be(HttpStatusCode.Created, "it is open, and clients reach it");
        site.Clients.RefusedBy(three).Skip(refused).Should().BeEmpty("without the store the last known mode applies");
        var shown = await Tool.RunAsync(four.ManagementUrl, "mode", "--expect", "3");
        shown.Code.Should().Be(1, "mode --expect 3 && pg_restore must start nothing");

        await three.KillAsync();
        var forgotten = await Tool.RunAsync(four.ManagementUrl, "fleet", "forget", "router-3", "--by", "anna");
        forgotten.Code.Should().Be(0, forgotten.Errors);
        var (said, restored) = await site.SafeAsync(Tool.Start(one.ManagementUrl, "mode", "--wait", "--expect", "3"));
        said.Should().Contain("router-3 died between").And.Contain("confirmed by anna");
        restored.Should().Contain("through-router-3");
        (await Tool.RunAsync(two.ManagementUrl, "mode", "history")).Output.Should().Contain("forgotten").And.Contain("router-3");
        await site.NothingIsLostAsync(restored);
    }

    [DrillFact]
    public async Task An_instance_with_a_lease_that_is_cut_off_closes_itself_and_counts_as_closed_when_the_lease_is_over()
    {
        var lease = TimeSpan.FromSeconds(6);
        await using var site = await DrillSite.PrepareAsync(
            database.Server,
            DrillSite.Settle,
            output,
            ("ModeStore:Lease", "6s"),
            ("ModeStore:DrainLimit", "1s")
        );
        await using var relay = CuttableRelay.Start(site.Redis.Port);
        var one = await site.OpenAsync("router-1");
        await site.OpenAsync("router-2");
        var three = await site.OpenProcessAsync("router-3", relay.Redis, OtherHost);
        await DrillSite.LiveAsync(one, 3);
        relay.Cut();
        var sinceCut = Stopwatch.GetTimestamp();
        await site.OpenAsync("router-4");

        var (said, restored) = await site.SafeAsync(DrillSite.StartClosing(one, "--expect", "3", "--timeout", "1m"));

        // It renewed its lease up to a second before the cut.
        Stopwatch.GetElapsedTime(sinceCut).Should().BeGreaterThan(lease - TimeSpan.FromSeconds(1));
        said.Should().Contain("router-3 vanished").And.Contain("Its lease has run out");
        var late = await site.Clients.WriteAsync(three, "too-late", TimeSpan.Zero);
        late.Should().Be(HttpStatusCode.ServiceUnavailable, "it has closed itself");
        await site.NothingIsLostAsync(restored);
    }
}
