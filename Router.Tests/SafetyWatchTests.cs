using Router.Cli.Downtime;
using Router.Management;
using Router.Reports;
using Router.Switching;

namespace Router.Tests;

/// <summary>What breaks the verdict while a downtime's command runs, and how often it is said.</summary>
public sealed class SafetyWatchTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 21, 0, 0, TimeSpan.Zero);

    [Fact]
    public void An_instance_that_returns_in_another_mode_is_named_once()
    {
        var watch = new SafetyWatch(Fleet());
        var unsafeFleet = Fleet(report => report with { Mode = "live" }) with
        {
            State = VerdictState.NotSafe,
            Safe = false,
            Verdict = "NOT SAFE",
        };

        var found = watch.Observe(unsafeFleet).ToArray();

        found.Select(it => it.Kind).Should().Equal(DowntimeEventKind.Danger, DowntimeEventKind.Warning);
        found[0].Text.Should().Contain("router-2 is in mode live, not maintenance");
        watch.Observe(unsafeFleet).Should().BeEmpty("it was named");
        watch.UnsafeSince.Should().Be(Now);
    }

    [Fact]
    public void A_verdict_that_stays_bad_is_repeated_and_its_return_is_named()
    {
        var watch = new SafetyWatch(Fleet());
        var bad = Fleet() with { State = VerdictState.NotSafe, Safe = false, Verdict = "NOT SAFE: router-2 vanished" };

        watch.Observe(bad).Should().ContainSingle().Which.Text.Should().Be("NOT SAFE: router-2 vanished");
        watch.Observe(At(bad, 29)).Should().BeEmpty();
        watch.Observe(At(bad, 30)).Should().ContainSingle();
        watch.Observe(At(Fleet(), 31)).Should().ContainSingle().Which.Text.Should().Be("The verdict is SAFE again, after 31 s");
        watch.UnsafeSince.Should().BeNull();
        watch.Observe(At(Fleet(), 32)).Should().BeEmpty();
    }

    [Fact]
    public void A_write_that_reaches_a_backend_for_the_first_time_or_again_raises_an_alarm()
    {
        var watch = new SafetyWatch(Fleet() with { LastWrites = [new BackendWrites("www", Now.AddMinutes(-1), Now)] });
        var old = Fleet() with { LastWrites = [new BackendWrites("www", Now.AddMinutes(-1), Now)] };
        var fresh = Fleet() with { LastWrites = [new BackendWrites("www", Now, Now), new BackendWrites("api", Now, null)] };

        watch.Observe(old).Should().BeEmpty();
        watch
            .Observe(fresh)
            .Select(it => it.Text)
            .Should()
            .SatisfyRespectively(
                first => first.Should().StartWith("A write has reached www, which is closed"),
                second => second.Should().StartWith("A write has reached api, which is closed")
            );
    }

    [Fact]
    public void Closing_further_raises_no_alarm_and_opening_raises_one()
    {
        var readOnly = Fleet("read-only") with { State = VerdictState.Safe };

        new SafetyWatch(readOnly).Observe(Fleet()).Should().BeEmpty();
        new SafetyWatch(Fleet()).Observe(readOnly).Should().ContainSingle().Which.Kind.Should().Be(DowntimeEventKind.Danger);
    }

    [Fact]
    public void An_overrun_is_named_once_for_each_announced_end()
    {
        var watch = new SafetyWatch(Fleet());
        var late = Fleet() with { Current = Fleet().Current with { Until = Now.AddSeconds(-1), OverrunSeconds = 1 } };

        watch.Observe(late).Should().ContainSingle().Which.Text.Should().StartWith("OVERRUN: the announced end");
        watch.Observe(late).Should().BeEmpty();
    }

    private static FleetDocument At(FleetDocument fleet, int seconds) =>
        fleet with
        {
            Current = fleet.Current with { Now = Now.AddSeconds(seconds) },
        };

    private static FleetDocument Fleet(Func<InstanceReport, InstanceReport> second) =>
        Fleet() with
        {
            Instances =
            [
                Instance("router-1", "maintenance"),
                new(InstanceState.Live, 0, second(Instance("router-2", "maintenance").Report)),
            ],
        };

    private static FleetDocument Fleet(string mode = "maintenance") =>
        new()
        {
            Mode = mode,
            Version = new(2),
            State = VerdictState.Safe,
            Safe = true,
            Verdict = "SAFE",
            Reasons = [],
            Notes = [],
            Agreed = true,
            LastWrites = [],
            Instances = [Instance("router-1", mode), Instance("router-2", mode)],
            Current = new ModeDocument
            {
                Mode = mode,
                Summary = "",
                Version = new(2),
                Since = Now.AddMinutes(-1),
                Window = "2026-01-31T20:59:00Z/2",
                CutAfterSeconds = 1,
                Bypasses = [],
                Next = [],
                Store = "a file",
                IsLasting = true,
                ConfiguredMode = "live",
                Instance = "router-1",
                Now = Now,
            },
        };

    private static InstanceDocument Instance(string name, string mode) =>
        new(
            InstanceState.Live,
            0,
            new InstanceReport
            {
                Name = name,
                Id = $"{name}/1",
                Version = new(2),
                StepMade = new(2),
                Mode = mode,
                Since = Now,
            }
        );
}
