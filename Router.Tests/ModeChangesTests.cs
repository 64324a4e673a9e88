using Router.Configuration;
using Router.Modes;

namespace Router.Tests;

/// <summary>The record of the mode, what changes make of it, and what holds on an instance that has it.</summary>
public sealed class ModeChangesTests
{
    private static readonly Mode Live = Named("live");
    private static readonly Mode ReadOnly = Named("read-only");
    private static readonly Mode Recovery = Named("recovery");
    private static readonly Mode Maintenance = Named("maintenance");
    private static readonly TimeSpan ActivationDelay = TimeSpan.FromSeconds(2);

    private readonly ManualClock _clock = new();

    [Fact]
    public void A_site_that_is_closed_because_its_mode_is_unknown_gets_a_window_when_an_operator_closes_it()
    {
        var now = new DateTimeOffset(2026, 1, 1, 22, 0, 0, TimeSpan.Zero);

        var after = ModeChanges.Apply(
            ModeRecord.Unknown(now),
            0,
            new ModeChange { Mode = ModeCatalogue.Closed },
            now,
            TimeSpan.Zero,
            new ValidationErrors()
        );

        after!.Steps[^1].Window.Should().NotBeNull("a bypass belongs to a window");
    }

    [Fact]
    public void A_change_takes_effect_at_its_instant_and_not_before()
    {
        using var modes = new ModeController(_clock, Live);
        Change(
            modes,
            new ModeChange
            {
                Mode = Maintenance,
                By = "anna",
                Reason = "restore",
                Until = _clock.GetUtcNow().AddHours(1),
            }
        );

        modes.Current.Should().Be(Live);
        _clock.Advance(ActivationDelay - TimeSpan.FromTicks(1));
        modes.Current.Should().Be(Live);
        _clock.Advance(TimeSpan.FromTicks(1));

        modes.Current.Should().Be(Maintenance);
        modes.State.Step.Should().BeEquivalentTo(new { By = "anna", Reason = "restore" });
        modes.State.Since.Should().Be(_clock.GetUtcNow());
        modes.State.Next.Should().BeNull();
    }

    [Fact]
    public void Listeners_are_notified_of_the_record_and_of_the_step_without_a_request()
    {
        using var modes = new ModeController(_clock, Live);
        var notified = new List<string>();
        modes.Changed += state => notified.Add($"{state.Record.Version} {state.Mode}");

        Change(modes, new ModeChange { Mode = Maintenance, ReadOnlyBefore = TimeSpan.FromSeconds(10) });
        _clock.Advance(TimeSpan.FromSeconds(2));
        _clock.Advance(TimeSpan.FromSeconds(10));

        notified.Should().Equal("1 live", "1 read-only", "1 maintenance");
    }

    [Fact]
    public void An_overrun_of_the_announced_end_is_known_and_opens_nothing()
    {
        using var modes = new ModeController(_clock, Live);
        Change(modes, new ModeChange { Mode = Maintenance, Until = _clock.GetUtcNow().AddMinutes(30) });

        _clock.Advance(TimeSpan.FromMinutes(30));
        modes.State.OverrunAt(_clock.GetUtcNow()).Should().Be(TimeSpan.Zero);
        _clock.Advance(TimeSpan.FromMinutes(90));

        modes.Current.Should().Be(Maintenance);
        modes.State.OverrunAt(_clock.GetUtcNow()).Should().Be(TimeSpan.FromMinutes(90));
    }

    [Fact]
    public void An_amendment_of_a_mode_never_leaves_it()
    {
        using var modes = Closed();
        var (since, window) = (modes.State.Since, modes.State.Step.Window);
        _clock.Advance(TimeSpan.FromMinutes(5));

        Change(modes, new ModeChange { Until = _clock.GetUtcNow().AddHours(3), By = "ben" });
        Change(modes, new ModeChange { Mode = Maintenance, Reason = "takes longer" });

        modes.State.Should().BeEquivalentTo(new { Mode = Maintenance, Since = since });
        modes
            .State.Step.Should()
            .BeEquivalentTo(
                new
                {
                    Window = window,
                    By = "ben",
                    Reason = "takes longer",
                    Until = (DateTimeOffset?)_clock.GetUtcNow().AddHours(3),
                }
            );
        modes.State.Record.Version.Number.Should().Be(3);
    }

    [Fact]
    public void An_extension_adds_to_the_announced_end_however_much_of_it_is_left()
    {
        using var modes = new ModeController(_clock, Live);
        var end = _clock.GetUtcNow().AddMinutes(90);
        Change(
            modes,
            new ModeChange
            {
                Mode = Maintenance,
                Until = end,
                ReadOnlyBefore = TimeSpan.FromSeconds(10),
            }
        );

        Change(modes, new ModeChange { ExtendBy = TimeSpan.FromMinutes(45) });
        modes
            .State.Record.Steps[1..]
            .Should()
            .OnlyContain(step => step.Until == end.AddMinutes(45), "every step of the window announces one end");
        _clock.Advance(TimeSpan.FromHours(2));
        Change(modes, new ModeChange { ExtendBy = TimeSpan.FromMinutes(45) });

        modes.State.Step.Until.Should().Be(end.AddMinutes(90));
    }

    [Fact]
    public void The_announced_end_moves_closer_only_on_purpose()
    {
        using var modes = new ModeController(_clock, Live);
        var end = _clock.GetUtcNow().AddMinutes(90);
        Change(modes, new ModeChange { Mode = Maintenance, Until = end });
        _clock.Advance(ActivationDelay);

        foreach (var mode in new[] { null, Maintenance })
        {
            var errors = new ValidationErrors();
            ModeChanges
                .Apply(
                    modes.State.Record,
                    modes.State.Index,
                    new ModeChange { Mode = mode, Until = end.AddMinutes(-45) },
                    _clock.GetUtcNow(),
                    ActivationDelay,
                    errors
                )
                .Should()
                .BeNull();
            errors
                .All.Should()
                .ContainSingle()
                .Which.ToString()
                .Should()
                .Be(
                    "until: 2026-01-01 22:45:00Z is before the announced end 2026-01-01 23:30:00Z. For a later end, give a later time or "
                        + "add to the end (router mode extend --by 45m). For an earlier end, add --shorten (in JSON: shorten)."
                );
        }

        Change(modes, new ModeChange { Until = end.AddMinutes(-45), Shorten = true });
        modes.State.Step.Until.Should().Be(end.AddMinutes(-45));
        Change(modes, new ModeChange { Until = end });
        modes.State.Step.Until.Should().Be(end, "a later one needs no confirmation");
    }

    [Theory]
    [InlineData(60, 45 * 60, 30 * 60, "extendBy: is given together with until")]
    [InlineData(60, 0, null, "extendBy: is 0s. Give a duration above zero")]
    [InlineData(60, 61 * 24 * 60 * 60, null, "extendBy: is 1464h. Give a duration above zero and up to 60 days")]
    [InlineData(60, 60 * 24 * 60 * 60, null, "extendBy: moves the end to 2026-03-02 23:00:00Z. Choose an end within 60 days")]
    [InlineData(null, 60, null, "extendBy: has no announced end to add to. Set the end with until")]
    [InlineData(-20, 60, null, "extendBy: moves the end from 2026-01-01 21:40:00Z to 2026-01-01 21:41:00Z, which has passed")]
    public void An_impossible_extension_is_refused(int? endsInMinutes, int seconds, int? until, string said)
    {
        var now = _clock.GetUtcNow();
        var step = new ModeStep { Mode = Maintenance, Until = endsInMinutes is { } minutes ? now.AddMinutes(minutes) : null };
        var change = new ModeChange { ExtendBy = TimeSpan.FromSeconds(seconds), Until = until is { } end ? now.AddSeconds(end) : null };
        var errors = new ValidationErrors();

        ModeChanges.Apply(new ModeRecord { Version = new(3), Steps = [step] }, 0, change, now, ActivationDelay, errors).Should().BeNull();

        errors.All.Select(error => error.ToString()).Should().Contain(violation => violation.StartsWith(said));
    }

    [Fact]
    public void A_window_lasts_from_the_first_step_that_closes_until_live()
    {
        using var modes = Closed();
        var window = modes.State.Step.Window;
        window.Should().NotBeNull();

        Change(modes, new ModeChange { Mode = Recovery });
        _clock.Advance(ActivationDelay);
        modes.State.Step.Window.Should().Be(window);

        Change(modes, new ModeChange { Mode = Live });
        _clock.Advance(ActivationDelay);
        modes.State.Step.Window.Should().BeNull();

        Change(modes, new ModeChange { Mode = Maintenance });
        _clock.Advance(ActivationDelay);
        modes.State.Step.Window.Should().NotBeNull().And.NotBe(window);
    }

    [Fact]
    public void The_announcement_of_a_closed_site_holds_until_it_opens_and_that_of_an_open_one_ends()
    {
        using var modes = new ModeController(_clock, Live);
        Enter(
            new ModeChange
            {
                Mode = Maintenance,
                Reason = "restore",
                Ticket = "C-1",
                Until = _clock.GetUtcNow().AddHours(1),
            }
        );
        Enter(new ModeChange { Mode = Recovery });
        modes.State.Step.Should().BeEquivalentTo(new { Reason = "restore", Ticket = "C-1" });
        modes.State.Step.Until.Should().NotBeNull();

        Enter(
            new ModeChange
            {
                Mode = Live,
                Reason = "all is well",
                Ticket = "C-2",
            }
        );
        modes.State.Step.Should().BeEquivalentTo(new { Reason = "all is well", Ticket = "C-2" });
        modes.State.Step.Until.Should().BeNull();
        Enter(new ModeChange { Mode = Maintenance });

        modes.State.Step.Reason.Should().BeNull();
        modes.State.Step.Ticket.Should().BeNull();

        void Enter(ModeChange change)
        {
            Change(modes, change);
            _clock.Advance(ActivationDelay);
            modes.Current.Should().Be(change.Mode);
        }
    }

    [Fact]
    public void What_is_scheduled_can_be_cancelled_and_what_is_in_force_stays()
    {
        using var modes = new ModeController(_clock, Live);
        Change(modes, new ModeChange { Mode = Maintenance, At = _clock.GetUtcNow().AddHours(1) });
        modes.State.Next!.Mode.Should().Be(Maintenance);

        modes
            .Offer(ModeChanges.Cancel(modes.State.Record, modes.State.Index, _clock.GetUtcNow(), new ValidationErrors())!)
            .Should()
            .BeTrue();
        _clock.Advance(TimeSpan.FromHours(2));

        modes.Current.Should().Be(Live);
        var errors = new ValidationErrors();
        ModeChanges.Cancel(modes.State.Record, modes.State.Index, _clock.GetUtcNow(), errors).Should().BeNull();
        errors.All.Should().ContainSingle().Which.ToString().Should().Contain("nothing to cancel");
    }

    [Fact]
    public void A_clock_that_goes_back_reverts_no_mode()
    {
        using var modes = Closed();
        var known = modes.State.Record;

        _clock.Advance(-TimeSpan.FromHours(1));
        modes.Current.Should().Be(Maintenance);
        Change(modes, new ModeChange { Reason = "told by a clock that is behind" });
        modes.Current.Should().Be(Maintenance);

        using var restarted = new ModeController(_clock, known with { Reached = 1 });
        restarted.Current.Should().Be(Maintenance, "another instance has seen it in force");
    }

    [Fact]
    public void An_older_record_changes_nothing()
    {
        using var modes = Closed();

        modes.Offer(new ModeRecord { Version = modes.State.Record.Version, Steps = [new ModeStep { Mode = Live }] }).Should().BeFalse();

        modes.Current.Should().Be(Maintenance);
    }

    public static TheoryData<string, ModeChange, string> Faulty
    {
        get
        {
            var now = new ManualClock().GetUtcNow();
            return new()
            {
                // the mode in force, the change, what is said
                {
                    "live",
                    new ModeChange { Mode = Maintenance, At = now.AddHours(-1) },
                    "at: is 2026-01-01 21:00:00Z, which has passed"
                },
                {
                    "live",
                    new ModeChange { Mode = Maintenance, At = now.AddDays(61) },
                    "at: is 2026-03-03"
                },
                {
                    "live",
                    new ModeChange { Mode = Maintenance, Until = now },
                    "until: is 2026-01-01 22:00:00Z, which is not after"
                },
                {
                    "live",
                    new ModeChange { Mode = Maintenance, Until = now.AddDays(100) },
                    "until: is 2026-04-11"
                },
                {
                    "live",
                    new ModeChange { Mode = Maintenance, CutAfter = TimeSpan.FromSeconds(-1) },
                    "cutAfter: is -1s"
                },
                {
                    "live",
                    new ModeChange { Mode = Maintenance, ReadOnlyBefore = TimeSpan.Zero },
                    "readOnlyBefore: is 0s"
                },
                {
                    "live",
                    new ModeChange
                    {
                        Mode = Maintenance,
                        ReadOnlyBefore = TimeSpan.FromMinutes(1),
                        At = now.AddSeconds(50),
                    },
                    "readOnlyBefore: would have to start at"
                },
                {
                    "live",
                    new ModeChange { Mode = ReadOnly, ReadOnlyBefore = TimeSpan.FromSeconds(5) },
                    "readOnlyBefore: does not apply to a change from live to read-only"
                },
                {
                    "live",
                    new ModeChange { Mode = Maintenance, ExtendBy = TimeSpan.FromMinutes(1) },
                    "extendBy: is given while setting a mode"
                },
                {
                    "live",
                    new ModeChange { ExtendBy = TimeSpan.FromMinutes(1) },
                    "there is no end to extend"
                },
                {
                    "live",
                    new ModeChange { Mode = Live, Until = now.AddHours(1) },
                    "until: is given for live, which has no end"
                },
                {
                    "live",
                    new ModeChange { Until = now.AddHours(1) },
                    "there is no end to extend"
                },
                {
                    "live",
                    new ModeChange { Mode = Maintenance, Reason = "two\nlines" },
                    "reason: has control characters"
                },
                {
                    "live",
                    new ModeChange { Mode = Maintenance, Ticket = new string('x', 501) },
                    "ticket: has 501 characters"
                },
                {
                    "live",
                    new ModeChange { Mode = Maintenance, Reason = "restore\u202e bd" },
                    "reason: has the invisible character U+202E. Remove it"
                },
                {
                    "live",
                    new ModeChange { Mode = Maintenance, By = "ja\u200bne" },
                    "by: has the invisible character U+200B"
                },
                {
                    "live",
                    new ModeChange { Mode = Maintenance, Ticket = "C\ud800" },
                    "ticket: has the invisible character U+D800"
                },
                {
                    "live",
                    new ModeChange { Mode = Maintenance, Ticket = "C\udb40\udc41" },
                    "ticket: has the invisible character U+E0041"
                },
                { "maintenance", new ModeChange(), "until: is not given" },
                {
                    "maintenance",
                    new ModeChange { At = now.AddHours(1), Reason = "x" },
                    "mode: is not given"
                },
                {
                    "maintenance",
                    new ModeChange { Mode = Live, At = now.AddHours(1) },
                    "at: would open the site automatically at 2026-01-01 23:00:00Z"
                },
                {
                    "maintenance",
                    new ModeChange { Mode = Recovery, At = now.AddHours(1) },
                    "would open the site automatically"
                },
                {
                    "maintenance",
                    new ModeChange { Mode = Recovery, ReadOnlyBefore = TimeSpan.FromSeconds(5) },
                    "readOnlyBefore: would open to readers what maintenance closes"
                },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Faulty))]
    public void An_impossible_change_is_refused_with_the_name_of_its_member(string mode, ModeChange change, string said)
    {
        var record = new ModeRecord { Version = new(3), Steps = [new ModeStep { Mode = Named(mode) }] };
        var errors = new ValidationErrors();

        ModeChanges.Apply(record, 0, change, _clock.GetUtcNow(), ActivationDelay, errors).Should().BeNull();

        errors.All.Select(error => error.ToString()).Should().Contain(violation => violation.Contains(said));
    }

    [Fact]
    public void A_record_is_the_same_after_it_was_written_and_read()
    {
        using var modes = new ModeController(_clock, Live);
        Change(
            modes,
            new ModeChange
            {
                Mode = Maintenance,
                ReadOnlyBefore = TimeSpan.FromSeconds(10),
                CutAfter = TimeSpan.FromSeconds(5),
                By = "anna",
                Reason = "restore \"db\"",
                Ticket = "C-1",
                Until = _clock.GetUtcNow().AddHours(1),
            }
        );

        ModeRecordText.TryParse(ModeRecordText.Format(modes.State.Record), out var read, out var problem).Should().BeTrue(problem);

        read!.IsEquivalentTo(modes.State.Record).Should().BeTrue();
        read.Written.Should().Be(modes.State.Record.Written);
    }

    [Theory]
    [InlineData("", "token")]
    [InlineData("null", "null")]
    [InlineData("{}", "missing")]
    [InlineData("""{"version":1,"steps":[]}""", "no steps")]
    [InlineData("""{"version":1,"steps":[null]}""", "no steps")]
    [InlineData("""{"version":0,"steps":[{"mode":"live"}]}""", "version is 0")]
    [InlineData("""{"version":1,"steps":[{"mode":"open"}]}""", "not one of live, read-only, hold, recovery, maintenance")]
    [InlineData(
        """{"version":1,"steps":[{"mode":"live"},{"mode":"recovery","at":"2026-01-02T00:00:00Z"},"""
            + """{"mode":"maintenance","at":"2026-01-01T00:00:00Z"}]}""",
        "not in the order"
    )]
    [InlineData(
        """{"version":1,"written":"2026-01-01T00:00:00Z","steps":[{"mode":"maintenance"},{"mode":"live","at":"2026-01-01T06:00:00Z"}]}""",
        "would open the site automatically"
    )]
    [InlineData(
        """{"version":1,"steps":[{"mode":"maintenance"},{"mode":"live","at":"2026-01-01T06:00:00Z"}]}""",
        "would open the site automatically"
    )]
    public void An_invalid_text_is_not_a_record(string text, string said)
    {
        ModeRecordText.TryParse(text, out var record, out var problem).Should().BeFalse();

        record.Should().BeNull();
        problem.Should().Contain(said);
    }

    [Fact]
    public void A_record_may_be_written_by_hand_and_may_hold_what_a_newer_router_knows()
    {
        ModeRecordText
            .TryParse(
                """{"version":7,"colour":"blue","steps":[{"mode":"maintenance","reason":"restore","sound":"none"}]}""",
                out var record,
                out var problem
            )
            .Should()
            .BeTrue(problem);

        using var modes = new ModeController(_clock, record!);
        modes.Current.Should().Be(Maintenance);
    }

    [Theory]
    // what is known (version, mode), what the store holds, what holds from then on
    [InlineData(7, "maintenance", 8, "live", 8, "live")]
    [InlineData(7, "maintenance", 1, "live", 7, "maintenance")]
    [InlineData(7, "maintenance", 7, "live", 8, "maintenance")]
    [InlineData(7, "live", 1, "maintenance", 8, "maintenance")]
    [InlineData(7, "live", 7, "maintenance", 8, "maintenance")]
    [InlineData(7, "recovery", 1, "read-only", 8, "maintenance")]
    [InlineData(7, "live", 1, "live", 7, "live")]
    public void A_store_that_lost_its_record_opens_nothing(
        long version,
        string mode,
        long foundVersion,
        string found,
        long then,
        string holds
    )
    {
        var known = new ModeRecord { Version = new(version), Steps = [new ModeStep { Mode = Named(mode), Made = new(version) }] };
        var stored = new ModeRecord
        {
            Version = new(foundVersion),
            Steps = [new ModeStep { Mode = Named(found), Made = new(foundVersion) }],
        };

        var result = ModeRecord.Reconcile(known, 0, stored, _clock.GetUtcNow());

        (result.Version.Number, result.Steps.Last().Mode).Should().Be((then, Named(holds)));
    }

    private static Mode Named(string name) =>
        ModeCatalogue.TryFind(name, out var mode) ? mode : throw new ArgumentException($"no mode is called {name}", nameof(name));

    private void Change(ModeController modes, ModeChange change)
    {
        var errors = new ValidationErrors();
        var record = ModeChanges.Apply(modes.State.Record, modes.State.Index, change, _clock.GetUtcNow(), ActivationDelay, errors);
        errors.All.Should().BeEmpty();
        modes.Offer(record!).Should().BeTrue();
    }

    private ModeController Closed()
    {
        var modes = new ModeController(_clock, Live);
        Change(modes, new ModeChange { Mode = Maintenance });
        _clock.Advance(ActivationDelay);
        modes.Current.Should().Be(Maintenance);
        return modes;
    }
}
