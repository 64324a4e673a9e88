using System.Net;
using Xunit.Abstractions;

namespace Router.Tests;

/// <summary>
/// Rehearsals of a planned downtime, one fault each: what was acknowledged is in the restore, nothing is committed after SAFE, and no
/// client is told that a write had not arrived that had. See <see cref="DrillSite"/>. Here wall clocks are wrong.
/// </summary>
public sealed class ClockDrillTests(DrillDatabase database, ITestOutputHelper output) : IClassFixture<DrillDatabase>
{
    private const string Api = "api.example.org";

    [DrillFact(needsFaketime: true)]
    public async Task Wall_clocks_that_are_wrong_change_neither_the_switch_nor_the_times_of_the_last_writes()
    {
        // Less than half of the smallest skew, so none of the clocks can be behind it. That instances switch within less than that where
        // clocks are right is SwitchLoadTests' concern.
        var tolerance = TimeSpan.FromMilliseconds(500);
        var skews = new Dictionary<string, double>
        {
            ["router-1"] = -15,
            ["router-2"] = -1.2,
            ["router-3"] = 60,
        };
        await using var site = await DrillSite.PrepareAsync(database.Server, DrillSite.Settle, output, ("ModeStore:ActivationDelay", "3s"));
        var routers = await Task.WhenAll(skews.Select(it => site.OpenProcessAsync(it.Key, environment: WallClock(it.Value))));
        await DrillSite.LiveAsync(routers[0], 3);
        var probes = new Dictionary<string, (DateTimeOffset Sent, DateTimeOffset Had)>();
        foreach (var (router, name) in routers.Zip(skews.Keys))
        {
            var sent = DateTimeOffset.UtcNow;
            (await site.Clients.WriteAsync(router, $"probe-{name}", TimeSpan.Zero, Api)).Should().Be(HttpStatusCode.Created);
            probes[name] = (sent, DateTimeOffset.UtcNow);
        }

        var (said, restored) = await site.SafeAsync(DrillSite.StartClosing(routers[0], "--expect", "3"));

        using var operators = new OperatorClient(routers[1].ManagementUrl);
        var reports = await DrillSite.InstancesAsync(operators);
        var switched = reports.Select(report => report["since"]!.GetValue<DateTimeOffset>()).ToArray();
        (switched.Max() - switched.Min()).Should().BeLessThanOrEqualTo(tolerance);
        foreach (var report in reports)
        {
            var name = report["name"]!.GetValue<string>();
            report["wallClockAheadSeconds"]!.GetValue<double>().Should().BeApproximately(skews[name], 0.5);
            var writes = report["lastWrites"]!.AsArray().Single(it => it!["backend"]!.GetValue<string>() == "api")!;
            writes["completed"]!
                .GetValue<DateTimeOffset>()
                .Should()
                .BeOnOrAfter(probes[name].Sent - tolerance)
                .And.BeOnOrBefore(probes[name].Had + tolerance, $"{name} tells the time by the store's clock");
        }

        foreach (var name in skews.Keys)
            said.Should().Contain($"{name}'s wall clock is");
        await site.NothingIsLostAsync(restored);
    }

    // The wall clock alone, with none of the corrections of waits that go by the monotonic clock: those would make a wait return at once.
    // The dynamic linker replaces $LIB with the directory of the architecture.
    private static (string Name, string Value)[] WallClock(double aheadSeconds) =>
        [
            ("LD_PRELOAD", "/usr/$LIB/faketime/libfaketimeMT.so.1"),
            ("FAKETIME", FormattableString.Invariant($"{aheadSeconds:+0.0;-0.0}s")),
            ("DONT_FAKE_MONOTONIC", "1"),
            ("FAKETIME_FORCE_MONOTONIC_FIX", "0"),
            ("NO_FAKE_STAT", "1"),
        ];
}
