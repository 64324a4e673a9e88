using System.Diagnostics;
using System.Net;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Xunit.Abstractions;

namespace Router.Tests;

/// <summary>
/// Rehearsals of a planned downtime, one fault each: what was acknowledged is in the restore, nothing is committed after SAFE, and no
/// client is told that a write had not arrived that had. See <see cref="DrillSite"/>.
/// </summary>
[Collection(Alone.Name)]
public sealed class SafeDrillTests(DrillDatabase database, ITestOutputHelper output) : IClassFixture<DrillDatabase>
{
    private const string Api = "api.example.org";

    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(4);

    // Two processes of one host know each other's process. Here they are on different hosts: nobody can prove that the other one has ended.
    private static readonly string[] OtherHost = Environment.IsPrivilegedProcess
        ? ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
        : ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc"];

    [DrillFact]
    public async Task An_instance_that_is_cut_off_from_the_store_and_replaced_is_not_outvoted_until_the_operator_has_seen_to_it()
    {
        await using var site = await DrillSite.PrepareAsync(database.Server, Settle, output);
        await using var relay = CuttableRelay.Start(site.Redis.Port);
        var routers = await Task.WhenAll(
            site.OpenAsync("router-1"), site.OpenAsync("router-2"), site.OpenAsync("router-3", relay.Redis, OtherHost));
        await DrillSite.LiveAsync(routers[0], 3);
        var refused = site.Clients.RefusedBy(routers[2]).Count();
        relay.Cut();
        var four = await site.OpenAsync("router-4");

        var first = await DrillSite.StartClosing(routers[0], "--expect", "3", "--timeout", "9s").Done;
        first.Code.Should().Be(1);
        LastLine(first.Output).Should().StartWith("NOT SAFE").And.Contain("router-3").And.MatchRegex("router fleet .*forget NAME");
        var through = await site.Clients.WriteAsync(routers[2], "through-router-3", TimeSpan.Zero);
        through.Should().Be(HttpStatusCode.Created, "it is open, and clients reach it");
        site.Clients.RefusedBy(routers[2]).Skip(refused).Should().BeEmpty("without the store the last known mode applies");
        var shown = await Tool.RunAsync(four.ManagementUrl, "mode", "--expect", "3");
        shown.Code.Should().Be(1, "mode --expect 3 && pg_restore must start nothing");

        await routers[2].KillAsync();
        var forgotten = await Tool.RunAsync(four.ManagementUrl, "fleet", "forget", "router-3", "--by", "anna");
        forgotten.Code.Should().Be(0, forgotten.Errors);
        var (said, restored) = await site.SafeAsync(Tool.Start(routers[0].ManagementUrl, "mode", "--wait", "--expect", "3"));
        said.Should().Contain("router-3 died between").And.Contain("anna has said so");
        restored.Should().Contain("through-router-3");
        (await Tool.RunAsync(routers[1].ManagementUrl, "mode", "history")).Output.Should().Contain("forgotten").And.Contain("router-3");
        await site.NothingIsLostAsync(restored);
    }

    [DrillFact]
    public async Task An_instance_with_a_lease_that_is_cut_off_closes_itself_and_counts_as_closed_when_the_lease_is_over()
    {
        var lease = TimeSpan.FromSeconds(6);
        await using var site = await DrillSite.PrepareAsync(
            database.Server, Settle, output, ("ModeStore:Lease", "6s"), ("ModeStore:DrainLimit", "1s"));
        await using var relay = CuttableRelay.Start(site.Redis.Port);
        var routers = await Task.WhenAll(
            site.OpenAsync("router-1"), site.OpenAsync("router-2"), site.OpenAsync("router-3", relay.Redis, OtherHost));
        await DrillSite.LiveAsync(routers[0], 3);
        relay.Cut();
        var sinceCut = Stopwatch.GetTimestamp();
        await site.OpenAsync("router-4");

        var (said, restored) = await site.SafeAsync(DrillSite.StartClosing(routers[0], "--expect", "3", "--timeout", "1m"));

        // It renewed its lease up to a second before the cut.
        Stopwatch.GetElapsedTime(sinceCut).Should().BeGreaterThan(lease - TimeSpan.FromSeconds(1));
        said.Should().Contain("router-3 vanished").And.Contain("Its lease has run out");
        var late = await site.Clients.WriteAsync(routers[2], "too-late", TimeSpan.Zero);
        late.Should().Be(HttpStatusCode.ServiceUnavailable, "it has closed itself");
        await site.NothingIsLostAsync(restored);
    }

    [DrillFact]
    public async Task What_a_killed_instance_had_in_flight_is_waited_for_and_listed()
    {
        var (started, one, _, three) = await DrillSite.StartAsync(database.Server, TimeSpan.FromSeconds(7), output);
        await using var site = started;
        string[] slow = ["slow-1", "slow-2", "slow-3"];
        var writing = slow.Select(id => site.Clients.WriteAsync(three, id, TimeSpan.FromSeconds(6))).ToArray();
        await Task.WhenAll(slow.Select(site.Application.HasAsync));
        using var operators = new Management(one.ManagementUrl);
        await Eventually.TrueAsync(async () =>
        {
            var open = (await InstancesAsync(operators)).SelectMany(it => it["openWrites"]!.AsArray());
            return slow.All(id => open.Any(write => write!["path"]!.GetValue<string>() == $"/write/{id}"));
        });

        await three.KillAsync();
        await Task.Delay(TimeSpan.FromSeconds(0.3));
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
        var (started, one, two, _) = await DrillSite.StartAsync(database.Server, TimeSpan.FromSeconds(6), output);
        await using var site = started;
        var writing = site.Clients.WriteAsync(two, "cut", TimeSpan.FromSeconds(7));
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
    public async Task Read_only_ends_what_writes_without_being_asked_and_recovery_does_not_call_open_apis_safe()
    {
        var (started, one, two, _) = await DrillSite.StartAsync(database.Server, Settle, output);
        await using var site = started;
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Host", "www.example.org");
        await socket.ConnectAsync(new Uri($"ws://{two.Endpoint}/socket"), default).InTime();
        await Eventually.TrueAsync(async () => (await site.Application.CommittedAsync()).Contains("socket-3"));

        var closing = Tool.Start(one.ManagementUrl, "mode", "set", "read-only", "--cut-after", "1s", "--wait", "--expect", "3");
        var (_, restored) = await site.SafeAsync(closing);
        await site.NothingIsLostAsync(restored);

        var recovery = await Tool.RunAsync(one.ManagementUrl, "mode", "set", "recovery", "--wait", "--expect", "3");
        LastLine(recovery.Output).Should().Be("CLOSED TO VISITORS on all 3 instances. The APIs are open and accept writes: do not restore yet");
        recovery.Code.Should().Be(0, "the mode that was asked for is in force everywhere");
        (await site.Clients.WriteAsync(two, "api", TimeSpan.Zero, Api)).Should().Be(HttpStatusCode.Created);
        (await Tool.RunAsync(one.ManagementUrl, "mode", "--expect", "3")).Code.Should().Be(1, "no restore may start");

        var live = await Tool.RunAsync(one.ManagementUrl, "mode", "set", "live", "--wait", "--expect", "3");
        (live.Code, LastLine(live.Output)).Should().Be((0, "OPEN on all 3 instances"));
    }

    [DrillFact(needsFaketime: true)]
    public async Task Wall_clocks_that_are_wrong_change_neither_the_switch_nor_the_times_of_the_last_writes()
    {
        var tolerance = TimeSpan.FromMilliseconds(100);
        var skews = new Dictionary<string, double> { ["router-1"] = -15, ["router-2"] = -1.2, ["router-3"] = 60 };
        await using var site = await DrillSite.PrepareAsync(database.Server, Settle, output, ("ModeStore:Lead", "3s"));
        var routers = await Task.WhenAll(skews.Select(it => site.OpenAsync(it.Key, environment: WallClock(it.Value))));
        await DrillSite.LiveAsync(routers[0], 3);
        var probes = new Dictionary<string, (DateTimeOffset Sent, DateTimeOffset Had)>();
        foreach (var (router, name) in routers.Zip(skews.Keys))
        {
            var sent = DateTimeOffset.UtcNow;
            (await site.Clients.WriteAsync(router, $"probe-{name}", TimeSpan.Zero, Api)).Should().Be(HttpStatusCode.Created);
            probes[name] = (sent, DateTimeOffset.UtcNow);
        }

        var (said, restored) = await site.SafeAsync(DrillSite.StartClosing(routers[0], "--expect", "3"));

        using var operators = new Management(routers[1].ManagementUrl);
        var reports = await InstancesAsync(operators);
        var switched = reports.Select(report => report["since"]!.GetValue<DateTimeOffset>()).ToArray();
        (switched.Max() - switched.Min()).Should().BeLessThanOrEqualTo(tolerance);
        foreach (var report in reports)
        {
            var name = report["name"]!.GetValue<string>();
            report["wallClockAheadSeconds"]!.GetValue<double>().Should().BeApproximately(skews[name], 0.5);
            var writes = report["lastWrites"]!.AsArray().Single(it => it!["backend"]!.GetValue<string>() == "api")!;
            writes["completed"]!.GetValue<DateTimeOffset>().Should().BeOnOrAfter(probes[name].Sent - tolerance)
                .And.BeOnOrBefore(probes[name].Had + tolerance, $"{name} tells the time by the store's clock");
        }

        foreach (var name in skews.Keys)
            said.Should().Contain($"{name}'s wall clock is");
        await site.NothingIsLostAsync(restored);
    }

    [DrillFact]
    public async Task A_store_that_is_killed_wiped_or_slow_during_a_closing_makes_no_wrong_verdict()
    {
        var (started, one, two, _) = await DrillSite.StartAsync(database.Server, Settle, output);
        await using var site = started;
        (string Name, Func<Task> DoAsync)[] faults =
        [
            ("killed", async () =>
            {
                await site.Redis.KillAsync();
                await Task.Delay(TimeSpan.FromSeconds(1));
                await site.Redis.ReturnAsync(withData: true);
            }),
            ("wiped", site.Redis.WipeAsync),
            ("slow", async () =>
            {
                await site.Redis.SignalAsync("STOP");
                await Task.Delay(TimeSpan.FromSeconds(2));
                await site.Redis.SignalAsync("CONT");
            }),
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
    public async Task Requests_that_waited_in_a_suspended_instance_reach_no_closed_backend()
    {
        var (started, one, _, three) = await DrillSite.StartAsync(database.Server, Settle, output);
        await using var site = started;
        var queued = Enumerable.Range(0, 20).Select(i => $"queued-{i}").ToArray();
        var kept = await Task.WhenAll(queued.Skip(10).Select(_ => RawConnection.OpenAsync(three.Endpoint)));
        await three.SignalAsync("STOP");
        var connections = kept.Concat(await Task.WhenAll(queued.Take(10).Select(_ => RawConnection.OpenAsync(three.Endpoint)))).ToArray();
        foreach (var (connection, id) in connections.Zip(queued))
        {
            var head = $"POST /write/{id}?id={id}&work=0 HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 2\r\n\r\n";
            await connection.WriteAsync(head + "hi");
        }

        var first = await DrillSite.StartClosing(one, "--expect", "3", "--timeout", "7s").Done;
        (first.Code, LastLine(first.Output).Contains("router-3", StringComparison.Ordinal)).Should().Be((1, true), first.Output);
        await three.SignalAsync("CONT");

        var (_, restored) = await site.SafeAsync(Tool.Start(one.ManagementUrl, "mode", "--wait", "--expect", "3"));
        foreach (var connection in connections)
        {
            (await connection.ReadHeadAsync()).Should().StartWith("HTTP/1.1 503");
            connection.Dispose();
        }

        site.Application.Arrived.Should().NotContain(queued);
        await site.NothingIsLostAsync(restored);
    }

    [DrillFact]
    public async Task Of_two_operators_at_once_one_decides_and_the_other_is_told()
    {
        var (started, one, two, three) = await DrillSite.StartAsync(database.Server, Settle, output);
        await using var site = started;
        var anna = DrillSite.StartClosing(one, "--expect", "3");
        var bert = Tool.Start(two.ManagementUrl, "mode", "set", "read-only", "--operator", "bert", "--wait", "--expect", "3");

        var done = await Task.WhenAll(anna.Done, bert.Done);

        done.Should().Contain(it => it.Code == 0)
            .And.OnlyContain(it => it.Code == 0 ? LastLine(it.Output) == "SAFE" : it.Output.Contains("Somebody") || it.Errors.Length > 0);
        var (_, restored) = await site.SafeAsync(Tool.Start(three.ManagementUrl, "mode", "--wait", "--expect", "3"));
        await site.NothingIsLostAsync(restored);
    }

    [DrillFact]
    public async Task Kills_restarts_and_starts_that_fail_leave_nothing_behind_that_an_operator_must_clear()
    {
        var (started, one, _, three) = await DrillSite.StartAsync(database.Server, Settle, output);
        await using var site = started;
        for (var i = 0; i < 4; i++)
            await three.RestartAsync();
        await FailsToStartAsync("--urls", $"http://{one.Endpoint}");
        await FailsToStartAsync("--urls", "https://127.0.0.1:0", "--Router:Certificates:www:Path", "/nonexistent.pem");
        await DrillSite.LiveAsync(one, 3);

        var (said, restored) = await site.SafeAsync(DrillSite.StartClosing(one, "--expect", "3"));

        said.Should().NotContain("vanished").And.NotContain("router-bad");
        said.Split('\n').Max(line => line.Length).Should().BeLessThan(500);
        await site.NothingIsLostAsync(restored);

        async Task FailsToStartAsync(params string[] arguments)
        {
            var start = RouterProcess.Start();
            string[] own = ["--config", three.File, "--Router:Instance", "router-bad", "--Router:Management:Url", "http://127.0.0.1:0"];
            foreach (var argument in own.Concat(arguments))
                start.ArgumentList.Add(argument);
            start.Environment["DM_MODE"] = "live";
            (await Script.RunAsync(start)).Code.Should().NotBe(0);
        }
    }

    // The wall clock alone, with none of the corrections of waits that go by the monotonic clock: those would make a wait return at once.
    // The dynamic linker puts the directory of the architecture in the place of $LIB.
    private static (string Name, string Value)[] WallClock(double aheadSeconds) =>
    [
        ("LD_PRELOAD", "/usr/$LIB/faketime/libfaketimeMT.so.1"), ("FAKETIME", FormattableString.Invariant($"{aheadSeconds:+0.0;-0.0}s")),
        ("DONT_FAKE_MONOTONIC", "1"), ("FAKETIME_FORCE_MONOTONIC_FIX", "0"), ("NO_FAKE_STAT", "1"),
    ];

    private static async Task<JsonNode[]> InstancesAsync(Management operators)
    {
        var instances = (await operators.SendAsync("GET", "/fleet")).Body["instances"]!.AsArray();
        return [.. instances.Where(it => it!["state"]!.GetValue<string>() == "live").Select(it => it!["report"]!)];
    }

    private static string LastLine(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "";
}
