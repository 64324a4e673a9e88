using System.Collections.Immutable;
using Router.Modes;
using Router.Proxy.InFlight;
using Router.Switching;
using Xunit.Abstractions;

namespace Router.Tests;

public sealed class VerdictTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset Switch = new(2026, 1, 1, 22, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Now = Switch.AddMinutes(10);
    private static readonly TimeSpan Expiry = TimeSpan.FromSeconds(10);
    private static readonly ModeStep Step = new()
    {
        Mode = ModeCatalogue.Closed,
        At = Switch,
        Made = new(7),
        Window = "w",
    };
    private static readonly ModeRecord Record = new() { Version = new(8), Steps = [Step] };

    private static readonly InstanceReport Good = new()
    {
        Name = "web-1",
        Id = "web-1/a",
        At = Now,
        Started = Switch.AddHours(-1),
        Version = new(8),
        StepMade = new(7),
        Mode = "maintenance",
        Since = Switch,
        WriteSettleSeconds = 60,
    };

    private static readonly InstanceReport Vanished = Other(Good) with { At = Now.AddSeconds(-30), Version = new(7) };

    private static readonly UncertainWrite LongWrite = new(
        Now.AddSeconds(-20),
        "www",
        "POST",
        "www.example.org",
        $"/{new string('x', 500)}",
        "abc",
        "instance_ended",
        null,
        false,
        Now.AddSeconds(40)
    );

    private static readonly InFlightRequest Slow = new("www", "POST", "www.example.org", "/save", 61.4, false);

    public static TheoryData<InstanceReport, string> Blocking =>
        new()
        {
            { Good with { Version = new(7) }, "web-2 has not confirmed version 8 (maintenance): it has version 7 (maintenance)" },
            { Good with { Mode = "live" }, "web-2 has not confirmed version 8 (maintenance): it has version 8 (live)" },
            { Good with { StepMade = new(6) }, "web-2 has not confirmed version 8 (maintenance)" },
            {
                Good with
                {
                    BlockingCount = 2,
                    Blocking = [Slow],
                },
                "web-2 has 2 requests in flight (being cut), the oldest for 61 s: POST www.example.org/save"
            },
            {
                Good with
                {
                    BlockingCount = 1,
                    Blocking = [Slow],
                    DrainLimitSeconds = 630,
                },
                "web-2 has 1 request in flight (cut in 30 s), the oldest for 61 s"
            },
            {
                Good with
                {
                    BlockingCount = 1,
                    Blocking = [Slow with { IsUpgraded = true, Method = "GET" }],
                },
                "GET www.example.org/save (upgraded connection)"
            },
            { Good with { OpenWriteCount = 1, OpenWrites = [Slow] }, "web-2 still has 1 write of testers in flight" },
            {
                Good with
                {
                    At = Now.AddSeconds(-11),
                    BlockingCount = 1,
                },
                "1 instance vanished and may still run and be open: web-2, last seen 22:09:49Z"
            },
            { Good with { At = Now.AddSeconds(-11), OpenWriteCount = 1 }, "vanished and may still run" },
            { Good with { At = Now.AddSeconds(-11), Version = new(7) }, "router fleet forget NAME" },
            { Good with { At = Now.AddDays(-3), Version = new(2), Mode = "live" }, "web-2, last seen 22:10:00Z" },
        };

    [Fact]
    public void It_is_safe_when_every_live_instance_has_confirmed_and_has_nothing_in_flight() =>
        Judge(null, Good, Other(Good)).Text.Should().Be("SAFE");

    [Theory]
    [MemberData(nameof(Blocking))]
    public void One_instance_that_is_not_closed_and_quiet_makes_it_unsafe_and_is_named(InstanceReport report, string why)
    {
        var verdict = Judge(null, Good, Other(report));

        verdict.Text.Should().StartWith("NOT SAFE: ").And.Contain(why);
        verdict.Reasons.Should().ContainSingle("the other instance is as it should be");
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1)]
    [InlineData(2)]
    public void No_number_that_was_given_in_advance_outweighs_an_instance_that_vanished(int? expect)
    {
        var replacement = Good with { Name = "web-3", Id = "web-3/a" };

        Judge(expect, Good, replacement, Vanished).Text.Should().StartWith("NOT SAFE: ").And.Contain("router fleet forget NAME");
    }

    [Theory]
    [InlineData(1, "2 instances are live and 1 expected: web-1, web-2. Find out which one should not be there")]
    [InlineData(
        3,
        "2 instances are live and 3 expected. Live: web-1, web-2. No other instance has ever reported. Start it, or correct --expect"
    )]
    public void More_instances_than_expected_are_no_safer_than_fewer(int expect, string reason) =>
        Judge(expect, Good, Other(Good)).Reasons.Select(it => it.Text).Should().Equal(reason);

    [Fact]
    public void A_missing_instance_is_named_with_its_end_and_when_it_was_last_seen()
    {
        var stopped = Good with { Name = "web-3", Id = "web-3/a", Stopped = true, At = Switch.AddSeconds(5) };

        Judge(3, Good, Other(Good), stopped)
            .Reasons.Should()
            .ContainSingle()
            .Which.Text.Should()
            .Contain("Not live: web-3 (stopped 22:00:05Z)");
        Judge(2, Good, Other(Good), stopped).IsSafe.Should().BeTrue();
    }

    [Fact]
    public void An_instance_that_was_closed_and_quiet_when_it_vanished_blocks_nothing()
    {
        var verdict = Judge(null, Good, Other(Good with { At = Now.AddMinutes(-1) }));

        verdict.IsSafe.Should().BeTrue();
        verdict
            .Notes.Should()
            .ContainSingle()
            .Which.Should()
            .Contain("web-2 vanished, last seen 22:09:00Z")
            .And.Contain("nothing in flight");
    }

    [Fact]
    public void Several_that_vanished_are_one_reason_with_one_hint()
    {
        var many = Enumerable
            .Range(0, 160)
            .Select(number => Vanished with { Id = $"web-2/{number}", Started = Switch.AddSeconds(-number) });

        var verdict = Judge(null, [Good, .. many]);

        verdict
            .Reasons.Should()
            .ContainSingle()
            .Which.Text.Should()
            .StartWith("160 instances vanished")
            .And.EndWith("router fleet forget NAME")
            .And.Contain("and 155 more");
        verdict.Text.Length.Should().BeLessThan(600);
    }

    [Fact]
    public void A_verdict_stays_readable_whatever_clients_put_into_their_request_lines()
    {
        var writes = Enumerable.Repeat(LongWrite, 50);
        var report = Good with { UncertainCount = 50, UncertainWrites = [.. writes], UncertainSettledBy = Now.AddSeconds(40) };

        var verdict = Judge(null, report);

        verdict.Text.Should().Contain("and 49 more").And.Contain("POST www.example.org/xxx");
        verdict.Text.Length.Should().BeLessThan(500);
    }

    [Fact]
    public void A_verdict_on_many_instances_describes_the_first_and_names_others()
    {
        var reports = Enumerable
            .Range(1, 50)
            .Select(i =>
                Good with
                {
                    Name = $"web-{i:00}",
                    Id = $"web-{i:00}/a",
                    BlockingCount = 2,
                    Blocking = [Slow],
                    UncertainCount = 1,
                    UncertainWrites = [LongWrite],
                    UncertainSettledBy = LongWrite.SettlesAt,
                }
            );

        var verdict = Judge(null, [.. reports]);

        verdict
            .Text.Should()
            .StartWith("NOT SAFE: web-01 has 2 requests in flight")
            .And.Contain("; likewise web-02, web-03, web-04, web-05, web-06 and 44 more; 50 writes of unknown outcome");
        verdict.Text.Length.Should().BeLessThan(500);
        verdict.Reasons.Should().HaveCount(51, "a program that reads them one by one gets all");
    }

    [Fact]
    public void Instances_with_the_same_name_are_distinguished_by_their_start()
    {
        var successor = Good with { Started = Switch.AddMinutes(1) };

        Judge(null, successor, Good with { Id = "web-1/0", At = Now.AddMinutes(-9), Version = new(7) })
            .Text.Should()
            .Contain("web-1 (started 21:00:00Z), last seen 22:01:00Z");
    }

    [Fact]
    public void Writes_of_unknown_outcome_block_until_they_have_settled_and_are_named()
    {
        var write = new UncertainWrite(
            Now.AddSeconds(-20),
            "www",
            "PUT",
            "www.example.org",
            "/x",
            "abc",
            "cut",
            503,
            true,
            Now.AddSeconds(40)
        );
        var report = Good with { UncertainCount = 1, UncertainWrites = [write], UncertainSettledBy = write.SettlesAt };

        Judge(null, report)
            .Text.Should()
            .Be(
                "NOT SAFE: 1 write of unknown outcome may still be applied until 22:10:40Z, in 40 s: PUT www.example.org/x (web-1, cut). "
                    + "Wait, or after you have checked that the applications have finished: router writes accept --until "
                    + $"{Now.UtcDateTime.AddSeconds(-3):yyyy-MM-dd'T'HH:mm:ss'Z'}",
                "a write that no report could have yet is not accepted unseen"
            );
        var vanished = Good with { Id = "web-3/1", Name = "web-3", At = Now.AddMinutes(-5), Mode = "live", Version = new(1) };
        Judge(null, report, vanished)
            .Text.Should()
            .Contain(
                $"accept --until {Now.UtcDateTime.AddMinutes(-5).AddSeconds(-3):yyyy-MM-dd'T'HH:mm:ss'Z'}",
                "what it sent since is in no list"
            );
        Judge(null, Good, Other(report) with { Stopped = true }).IsSafe.Should().BeFalse("a stop in order does not stop the application");
        At(write.SettlesAt, report with { At = write.SettlesAt }).IsSafe.Should().BeTrue();
        Of(Record with { WritesAcceptedUntil = write.Time }, Step, Now, null, report).IsSafe.Should().BeTrue("an operator has checked");
        Of(Record with { WritesAcceptedUntil = write.Time.AddSeconds(-1) }, Step, Now, null, report)
            .IsSafe.Should()
            .BeFalse("it came after that");
    }

    [Fact]
    public void What_an_instance_had_in_flight_when_it_died_settles_from_its_death_on()
    {
        var seen = Now.AddSeconds(-40);
        var dead = (Vanished with { At = seen, OpenWriteCount = 3, OpenWrites = [Slow] }).Ended(
            new InstanceEnd(seen.AddSeconds(0.5), "web-3", IsProven: true)
        );

        var verdict = Judge(null, Good, dead);

        verdict
            .Text.Should()
            .StartWith(
                "NOT SAFE: 1 write of unknown outcome may still be applied until 22:10:20Z, in 21 s: POST www.example.org/save (web-2, "
                    + "instance_ended)"
            );
        verdict.Notes.Should().Contain("web-2 died between 22:09:20.0Z and 22:09:20.5Z; writes that it started in between are not listed");
        dead.UncertainCount.Should().Be(3);
        At(seen.AddSeconds(61), Good with { At = seen.AddSeconds(61) }, dead).IsSafe.Should().BeTrue();
    }

    [Fact]
    public void Writes_that_no_list_names_settle_too()
    {
        var dead = (Vanished with { At = Now.AddSeconds(-2) }).Ended(new InstanceEnd(Now, "web-3", IsProven: true));

        Judge(null, Good, dead).Text.Should().StartWith("NOT SAFE: unlisted writes may still be applied until 22:11:00Z");
        Of(Record with { WritesAcceptedUntil = Now.AddSeconds(1) }, Step, Now.AddSeconds(2), null, Good, dead)
            .IsSafe.Should()
            .BeTrue("an operator has checked");
    }

    [Fact]
    public void An_instance_with_a_lease_counts_as_closed_when_the_lease_the_drain_limit_and_the_settling_are_over()
    {
        var leased = Vanished with { LeaseSeconds = 30, DrainLimitSeconds = 20, At = Now };
        var closed = Now.AddSeconds(30 + 20 + 2);

        At(closed, Good with { At = closed }, leased).Text.Should().Contain($"It counts as closed from 22:10:52Z on");
        At(closed.AddSeconds(1), Good with { At = closed }, leased)
            .Text.Should()
            .Contain("unlisted writes may still be applied until 22:11:52Z");
        var settled = closed.AddSeconds(60);
        At(settled, Good with { At = settled }, leased).IsSafe.Should().BeTrue();
    }

    [Theory]
    [InlineData("live", VerdictState.Open, "OPEN on all 2 instances")]
    [InlineData("read-only", VerdictState.Safe, "SAFE")]
    [InlineData(
        "recovery",
        VerdictState.ClosedToVisitors,
        "CLOSED TO VISITORS on all 2 instances. The APIs are open and accept writes: do not restore yet"
    )]
    [InlineData("maintenance", VerdictState.Safe, "SAFE")]
    public void SAFE_is_printed_only_if_nothing_can_write(string mode, VerdictState state, string text)
    {
        var step = Step with { Mode = ModeCatalogue.All.Single(it => it.Name == mode) };

        var verdict = Of(Record with { Steps = [step] }, step, Now, null, Good with { Mode = mode }, Other(Good) with { Mode = mode });

        (verdict.State, verdict.Text).Should().Be((state, text));
    }

    [Fact]
    public void While_a_tester_may_write_it_is_not_safe()
    {
        var bypass = new Bypass
        {
            Id = "b9eb7a5a",
            Window = "w",
            Until = Now.AddMinutes(5),
        };

        var verdict = Of(Record with { Bypasses = [bypass] }, Step, Now, null, Good);

        verdict.State.Should().Be(VerdictState.ClosedToVisitors);
        verdict.Text.Should().Contain("Bypass b9eb7a5a lets testers write until 22:15:00Z").And.NotContain("SAFE");
        Of(Record with { Bypasses = [bypass with { Until = Now }] }, Step, Now, null, Good)
            .State.Should()
            .Be(VerdictState.ClosedToVisitors, "the report may have been made before the end, and a tester's write have begun after it");
        Of(Record with { Bypasses = [bypass with { Until = Now.AddSeconds(-3) }] }, Step, Now, null, Good).IsSafe.Should().BeTrue();
        Of(Record with { Bypasses = [bypass] }, Step, Now, null, Good, Other(Good) with { At = Now.AddSeconds(-30) })
            .State.Should()
            .Be(VerdictState.NotSafe, "one that vanished may still let testers write");
    }

    [Fact]
    public void A_site_that_is_about_to_open_is_not_safe()
    {
        var live = Step with { Mode = ModeCatalogue.All.Single(it => it.Name == "live"), At = Now.AddSeconds(2), Made = new(8) };

        Of(Record with { Steps = [Step, live] }, Step, Now, null, Good).Text.Should().Be("NOT SAFE: live takes effect at 22:10:02Z");
    }

    [Fact]
    public void An_instance_that_cannot_see_the_others_gives_a_verdict_for_all_only_where_there_are_no_others()
    {
        foreach (var expect in new int?[] { null, 2 })
            Isolated(expect).Text.Should().StartWith("NOT SAFE: the instances can't see each other (the file is read-only)");
        Isolated(1).IsSafe.Should().BeTrue("the operator says that there is no other one");
        Isolated(1).Notes.Should().ContainSingle().Which.Should().Contain("covers this instance only");

        static Verdict Isolated(int? expect) =>
            Verdict.Of(State(Record, Step, Now, Good) with { Isolation = "the file is read-only" }, expect);
    }

    [Fact]
    public void A_problem_with_the_store_is_a_reason() =>
        Verdict
            .Of(State(Record, Step, Now, Good) with { Problem = "Redis can't be used" }, null)
            .Text.Should()
            .Be("NOT SAFE: Redis can't be used");

    [Fact]
    public void A_wall_clock_that_is_off_is_noted_and_blocks_nothing()
    {
        var verdict = Judge(
            null,
            Good,
            Other(Good with { WallClockAheadSeconds = -1.2 }),
            Good with
            {
                Name = "web-3",
                Id = "web-3/a",
                WallClockAheadSeconds = 0.9,
            }
        );

        verdict.IsSafe.Should().BeTrue();
        verdict
            .Notes.Should()
            .Equal("web-2's wall clock is 1.2 s behind. Its log lines carry that clock; switches and last writes do not use it");
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

            var live = reports.Count(report => !report.Stopped && Now - report.At <= Expiry);
            var isSafe =
                reports.All(report => report.Stopped || IsQuiet(report))
                && reports.All(report => !(report.UncertainSettledBy > Now))
                && live == (expect ?? live);
            verdict
                .IsSafe.Should()
                .Be(isSafe, "of {0}, where {1} are expected, it says {2}", string.Join(" and ", reports), expect, verdict.Text);
            safe += isSafe ? 1 : 0;
        }

        safe.Should().BeInRange(500, 19_500, "both must have been met");

        static bool IsQuiet(InstanceReport report) =>
            (report.Version.Number, report.StepMade.Number, report.Mode, report.BlockingCount, report.OpenWriteCount)
            == (8, 7, "maintenance", 0, 0);
    }

    // As it should be, but for one thing at a time, or several.
    private static InstanceReport Random(Random random, int number)
    {
        var report = Good with { Name = $"web-{number}", Id = $"web-{number}/a" };
        for (var change = random.Next(-3, 3); change > 0; change--)
        {
            report = random.Next(8) switch
            {
                0 => report with { Version = new(random.Next(6, 10)) },
                1 => report with { StepMade = new(random.Next(6, 9)) },
                2 => report with { Mode = "live" },
                3 => report with { BlockingCount = random.Next(3) },
                4 => report with { OpenWriteCount = random.Next(3) },
                5 => report with { Stopped = true },
                6 => report with { UncertainSettledBy = Now.AddSeconds(random.Next(-60, 60)) },
                _ => report with { At = Now.AddSeconds(-random.Next(0, 900)) },
            };
        }

        return report;
    }

    private static InstanceReport Other(InstanceReport report) => report with { Name = "web-2", Id = "web-2/a" };

    private static Verdict Judge(int? expect, params ImmutableArray<InstanceReport> reports) => Of(Record, Step, Now, expect, reports);

    private static Verdict At(DateTimeOffset now, params ImmutableArray<InstanceReport> reports) => Of(Record, Step, now, null, reports);

    private static Verdict Of(
        ModeRecord record,
        ModeStep step,
        DateTimeOffset now,
        int? expect,
        params ImmutableArray<InstanceReport> reports
    ) => Verdict.Of(State(record, step, now, reports), expect);

    private static FleetState State(ModeRecord record, ModeStep step, DateTimeOffset now, params ImmutableArray<InstanceReport> reports) =>
        new()
        {
            Record = record,
            Step = step,
            Reports = reports,
            Now = now,
            HeartbeatExpiry = Expiry,
        };
}
