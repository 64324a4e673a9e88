using System.Collections.Immutable;
using Router.Forwarding.InFlight;
using Router.Modes;
using Router.Switching;
using Xunit.Abstractions;

namespace Router.Tests;

public sealed class VerdictTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset Switch = new(2026, 1, 1, 22, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Now = Switch.AddMinutes(1);
    private static readonly TimeSpan Expiry = TimeSpan.FromSeconds(10);
    private static readonly ModeStep Step = new() { Mode = ModeCatalogue.Closed, At = Switch, Made = 7 };
    private static readonly ModeRecord Record = new() { Version = 8, Steps = [Step] };

    private static readonly InstanceReport Good =
        new() { Name = "web-1", Id = "web-1/a", At = Now, Version = 8, StepMade = 7, Mode = "maintenance", Since = Switch };

    private static readonly OpenExchange Slow = new("www", "POST", "www.example.org", "/save", 61.4, false);

    public static TheoryData<InstanceReport, string> InTheWay => new()
    {
        { Good with { Version = 7 }, "web-2 has not confirmed version 8 (maintenance): it has version 7 (maintenance)" },
        { Good with { Mode = "live" }, "web-2 has not confirmed version 8 (maintenance): it has version 8 (live)" },
        { Good with { StepMade = 6 }, "web-2 has not confirmed version 8 (maintenance)" },
        { Good with { Held = 2, InTheWay = [Slow] }, "web-2 has 2 in flight, the oldest for 61 s: POST www.example.org/save" },
        { Good with { Held = 1, InTheWay = [Slow with { IsUpgraded = true, Method = "GET" }] }, "upgraded GET www.example.org/save" },
        { Good with { At = Now.AddSeconds(-11), Held = 1 }, "web-2 vanished and was last seen at 22:00:49Z, before it had drained" },
        { Good with { At = Now.AddSeconds(-11), Version = 7 }, "web-2 vanished" },
    };

    [Fact]
    public void It_is_safe_when_every_live_instance_has_confirmed_and_holds_nothing() =>
        Judge(null, Good, Other(Good)).Text.Should().Be("SAFE");

    [Theory]
    [MemberData(nameof(InTheWay))]
    public void One_instance_that_has_not_makes_it_unsafe_and_is_named(InstanceReport report, string why)
    {
        var verdict = Judge(null, Good, Other(report));

        verdict.Text.Should().StartWith("NOT SAFE: ").And.Contain(why);
        verdict.Reasons.Should().ContainSingle("the other instance is as it should be");
    }

    [Fact]
    public void An_open_site_is_not_safe()
    {
        var live = new ModeStep { Mode = ModeCatalogue.All.Single(mode => mode.Name == "live"), At = Switch, Made = 7 };

        Verdict.Of(Record with { Steps = [live] }, live, [Good with { Mode = "live" }], Now, Expiry, null).Text.Should().Contain("the mode is live, which closes nothing");
    }

    [Fact]
    public void One_that_vanished_after_it_had_drained_or_stopped_in_order_is_in_nobodys_way()
    {
        var verdict = Judge(null, Good, Other(Good with { At = Now.AddMinutes(-1) }), Good with { Name = "web-3", Id = "web-3/a", Stopped = true, Version = 2 });

        verdict.IsSafe.Should().BeTrue();
        verdict.Remarks.Should().ContainSingle().Which.Should().Contain("web-2 vanished").And.Contain("nothing in flight any more");
    }

    [Fact]
    public void One_that_was_gone_long_before_the_switch_is_not_worth_a_word()
    {
        var verdict = Judge(null, Good, Other(Good with { At = Switch.AddMinutes(-11), Version = 2 }));

        (verdict.IsSafe, verdict.Remarks.Length).Should().Be((true, 0));
    }

    [Fact]
    public void Who_says_how_many_there_are_is_told_when_they_are_fewer()
    {
        Judge(3, Good, Other(Good)).Text.Should().Be("NOT SAFE: 2 of 3 expected instances are here");
        Judge(2, Good, Other(Good)).IsSafe.Should().BeTrue();
    }

    [Fact]
    public void Who_says_how_many_there_are_answers_for_the_one_that_vanished()
    {
        var vanished = Other(Good with { At = Now.AddSeconds(-30), Version = 7 });

        Judge(1, Good, vanished).IsSafe.Should().BeTrue();
        Judge(1, Good, vanished).Remarks.Should().ContainSingle().Which.Should().Contain("before it had drained");
        Judge(2, Good, vanished).IsSafe.Should().BeFalse();
    }

    [Fact]
    public void Who_can_not_see_the_others_does_not_speak_for_them()
    {
        Of(null).Text.Should().StartWith("NOT SAFE: the instances can't see each other (the file is somebody else's)").And.Contain("ask each of them with --expect 1");
        Of(1).IsSafe.Should().BeTrue("the operator knows whom they ask");
        Of(1).Remarks.Should().ContainSingle().Which.Should().Contain("this is said of one alone");

        static Verdict Of(int? expect) => Verdict.Of(Record, Step, [Good], Now, Expiry, expect, "the file is somebody else's");
    }

    [Fact]
    public void A_clock_that_is_off_is_told_and_is_in_nobodys_way()
    {
        var verdict = Judge(null, Good, Other(Good with { ClockAheadSeconds = 40 }), Good with { Name = "web-3", Id = "web-3/a", ClockAheadSeconds = -1.4 });

        verdict.IsSafe.Should().BeTrue();
        verdict.Remarks.Should().Equal("web-2's clock is 40 s ahead: it switches that much earlier");
    }

    [Fact]
    public void Whatever_the_instances_report_it_is_safe_only_where_none_of_them_can_still_write()
    {
        var random = new Random(Seed.Next(output));
        var safe = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var reports = Enumerable.Range(0, random.Next(1, 5)).Select(number => Random(random, number)).ToImmutableArray();
            int? expect = random.Next(3) == 0 ? random.Next(1, 5) : null;

            var verdict = Judge(expect, reports);

            var quiet = reports.Count(report => IsLive(report) && HasConfirmed(report) && report.Held == 0);
            var isSafe = reports.All(report => report.Stopped || (IsLive(report)
                ? HasConfirmed(report) && report.Held == 0
                : expect is not null || (HasConfirmed(report) && report.Held == 0) || report.At < Switch.AddMinutes(-10))) && quiet >= (expect ?? 0);
            verdict.IsSafe.Should().Be(isSafe, "of {0}, where {1} are expected, it says {2}", string.Join(" and ", reports), expect, verdict.Text);
            safe += isSafe ? 1 : 0;
        }

        safe.Should().BeInRange(500, 19_500, "both must have been met");

        static bool IsLive(InstanceReport report) => !report.Stopped && Now - report.At <= Expiry;
        static bool HasConfirmed(InstanceReport report) => (report.Version, report.StepMade, report.Mode) == (8, 7, "maintenance");
    }

    // As it should be, but for one thing at a time, or several.
    private static InstanceReport Random(Random random, int number)
    {
        var report = Good with { Name = $"web-{number}", Id = $"web-{number}/a" };
        for (var change = random.Next(-3, 3); change > 0; change--)
        {
            report = random.Next(6) switch
            {
                0 => report with { Version = random.Next(6, 10) },
                1 => report with { StepMade = random.Next(6, 9) },
                2 => report with { Mode = "live" },
                3 => report with { Held = random.Next(3) },
                4 => report with { Stopped = true },
                _ => report with { At = Now.AddSeconds(-random.Next(0, 900)) },
            };
        }

        return report;
    }

    private static InstanceReport Other(InstanceReport report) => report with { Name = "web-2", Id = "web-2/a" };

    private static Verdict Judge(int? expect, params ImmutableArray<InstanceReport> reports) => Verdict.Of(Record, Step, reports, Now, Expiry, expect);
}
