using Router.Modes;
using Router.Proxy.InFlight;
using Router.Reports;
using Router.Switching;

namespace Router.Tests;

/// <summary>The report of the last window as the fleet's history tells it.</summary>
public sealed class LastWindowTests
{
    private static readonly DateTimeOffset Night = new(2026, 1, 1, 22, 0, 0, TimeSpan.Zero);
    private static readonly InstanceReport Instance = new()
    {
        Name = "web-1",
        Id = "web-1/a",
        At = At(60),
        Started = At(-60),
        Version = new(9),
        StepMade = new(9),
        Mode = "live",
        Since = At(50),
    };

    [Fact]
    public void A_window_lasts_from_the_first_closing_to_the_first_opening_after_it()
    {
        var window = LastWindow.Of(
            [
                Entry(0, "maintenance", 2),
                Entry(5, "live", 3),
                Entry(20, "read-only", 4),
                Entry(22, "maintenance", 5),
                Entry(40, "reopening", 6, HistoryKind.Stage),
                Entry(50, "live", 7, HistoryKind.Stage),
                Entry(55, "live", 8),
            ],
            At(60)
        )!;

        (window.From, window.Until).Should().Be((At(20), At(50)));
        window.Entries.Select(entry => entry.Version.ToString()).Should().Equal("4", "5", "6", "7");
    }

    [Fact]
    public void What_was_scheduled_and_dropped_or_is_still_to_come_is_no_window()
    {
        var dropped = Entry(0, "maintenance", 2) with { At = At(30) };

        LastWindow.Of([Entry(-5, "live", 1), dropped, Entry(10, "live", 3)], At(60)).Should().BeNull();
        LastWindow.Of([Entry(0, "maintenance", 2) with { At = At(90) }], At(60)).Should().BeNull();
        LastWindow.Of([Entry(0, "maintenance", 2), Entry(10, "live", 3) with { At = At(90) }], At(60))!.Until.Should().BeNull();
        LastWindow.Of([], At(60)).Should().BeNull();
    }

    [Fact]
    public void Its_report_counts_what_belongs_to_it_and_has_nothing_that_only_a_tool_could_have_seen()
    {
        var name = ModeChanges.WindowOf(At(20), new RecordVersion(4));
        var early = new UncertainWrite(At(21), "www", "PUT", "www.example.org", "/x", "abc", "cut", 503, true, At(23));
        var later = early with { Time = At(55), Path = "/later" };
        var dayBefore = early with { Time = At(-24 * 60), Path = "/before" };
        var window = LastWindow.Of(
            [
                Entry(20, "maintenance", 4) with
                {
                    By = "anna",
                    Reason = "restore",
                    Ticket = "CHG-1",
                    Until = At(40),
                },
                Entry(21, "maintenance", 4, HistoryKind.Drained) with
                {
                    Instance = "web-1",
                    Cut = 2,
                    DrainedAfter = 9.5,
                    LastWrites = [new BackendWrites("www", At(19), At(20))],
                },
                Entry(25, "maintenance", 5, HistoryKind.Bypass) with
                {
                    By = "ben",
                    Reason = "b9eb7a5a search",
                },
                Entry(30, "maintenance", 6, HistoryKind.Extended) with
                {
                    Until = At(45),
                    Reason = "restore, slow",
                },
                Entry(50, "live", 7),
            ],
            At(60)
        )!;

        var report = window.Report(
            [
                (
                    InstanceState.Live,
                    Instance with
                    {
                        WindowCount = new(name, 30, 4, 7),
                        UncertainCount = 3,
                        UncertainWrites = [dayBefore, early, later],
                    }
                ),
                (
                    InstanceState.Live,
                    Instance with
                    {
                        Name = "web-2",
                        Id = "web-2/a",
                        WindowCount = new("2025-01-01T00:00:00Z/1", 99, 99, 99),
                    }
                ),
            ],
            VerdictState.Open,
            "OPEN on all 2 instances",
            Instance,
            At(60)
        );

        (report.Window, report.Outcome, report.By).Should().Be((name, "The window is over: OPEN on all 2 instances", "anna"));
        (report.Reason, report.Ticket, report.AnnouncedEnd).Should().Be(("restore, slow", "CHG-1", At(45)));
        (report.Cut, report.Rejected, report.RejectedWrites, report.Bypassed).Should().Be((2, 30, 4, 7));
        (report.ClosedSeconds, report.UncertainCount).Should().Be((30 * 60, 1));
        report.UncertainWrites.Should().Equal(early);
        report.LastWrites.Should().Equal(new BackendWrites("www", At(19), At(20)));
        report.Bypasses.Should().ContainSingle().Which.By.Should().Be("ben");
        var text = WindowReportText.Of(report);
        text.Should().Contain("Last writes when the instances had drained").And.Contain("restore, slow");
        text.Should().NotContain("exit code").And.NotContain("What happened").And.NotContain("Checks").And.NotContain("before the command");
    }

    [Theory]
    [InlineData(VerdictState.NotSafe, false)]
    [InlineData(VerdictState.ClosedToVisitors, true)]
    [InlineData(VerdictState.Safe, true)]
    public void Whether_a_window_goes_well_follows_from_the_kind_of_its_verdict_and_not_from_its_words(VerdictState state, bool isGood)
    {
        var window = LastWindow.Of([Entry(20, "maintenance", 4)], At(60))!;

        var report = window.Report([(InstanceState.Live, Instance)], state, "the words of the verdict: NOT SAFE, SAFE", Instance, At(60));

        report.IsGood.Should().Be(isGood);
        WindowReportPage.Of(report).Contains("class=\"outcome done\"", StringComparison.Ordinal).Should().Be(isGood);
    }

    private static HistoryEntry Entry(int minute, string mode, long version, HistoryKind kind = HistoryKind.Set) =>
        new()
        {
            Kind = kind,
            Mode = mode,
            Version = new(version),
            Time = At(minute),
            Instance = "web-1",
        };

    private static DateTimeOffset At(int minute) => Night.AddMinutes(minute);
}
