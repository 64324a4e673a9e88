using System.Globalization;
using System.Net;
using Router.Configuration;
using Router.Modes;

namespace Router.Tests;

/// <summary>Who is let in by a reopening in stages, and which changes of one there are.</summary>
public sealed class ReopeningTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 22, 0, 0, TimeSpan.Zero);
    private static readonly Mode Live = ModeCatalogue.All.Single(mode => mode.Name == "live");
    private static readonly Mode Recovery = ModeCatalogue.All.Single(mode => mode.Name == "recovery");

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public void Each_share_is_within_one_percent_over_a_hundred_thousand_addresses(int version)
    {
        foreach (var window in new[] { "2026-01-01T22:00:00Z/7", "2026-03-01T21:30:00Z/1234" })
        {
            var seed = ClientPosition.SeedOf(window);
            // Neighbours, as an office or a provider has them: the least random addresses that there are.
            var positions = Enumerable.Range(0, 100_000).Select(i => ClientPosition.Of(Address(version, i), seed)).ToArray();

            foreach (var share in new[] { 0.05, 0.1, 0.25, 0.5, 0.9 })
                (positions.Count(position => position < share) / 100_000.0).Should().BeApproximately(share, 0.01, window);
            positions.Should().OnlyContain(position => position >= 0 && position < 1);
        }
    }

    [Fact]
    public void A_client_that_is_let_in_stays_in_with_every_later_stage()
    {
        var (first, second) = (In(new ReopeningMode(Plan(0))), In(new ReopeningMode(Plan(1))));

        second.Should().Contain(first).And.HaveCountGreaterThan(first.Count * 3);

        static List<IPAddress> In(ReopeningMode mode) =>
            [.. Enumerable.Range(0, 2000).Select(i => Address(4, i)).Where(client => mode.IsOpenTo(client, BackendKind.Frontend))];
    }

    [Fact]
    public void An_IPv6_client_counts_by_its_network_and_a_mapped_IPv4_client_by_its_own_address()
    {
        var seed = ClientPosition.SeedOf("2026-01-01T22:00:00Z/7");

        Of("2001:db8:1:2::1").Should().Be(Of("2001:db8:1:2:ffff:ffff:ffff:ffff")).And.NotBe(Of("2001:db8:1:3::1"));
        Of("::ffff:203.0.113.9").Should().Be(Of("203.0.113.9")).And.NotBe(Of("203.0.113.10"));
        // Other processes must come to the same: what is fixed here must stay so for as long as two releases run side by side.
        Of("203.0.113.9").ToString("F6", CultureInfo.InvariantCulture).Should().Be("0.775038");
        ClientPosition.SeedOf("2026-01-02T22:00:00Z/9").Should().NotBe(seed);

        double Of(string address) => ClientPosition.Of(IPAddress.Parse(address), seed);
    }

    [Fact]
    public void A_stage_opens_the_frontends_to_its_share_and_leaves_the_APIs_to_the_last_stage()
    {
        var mode = new ReopeningMode(Plan(0));

        mode.ShareReaching(BackendKind.Frontend, "POST").Should().Be(0.05);
        mode.ShareReaching(BackendKind.Api, "GET").Should().Be(0);
        (mode.AllowsWrites, mode.RestrictsAnything, mode.Opens(ModeCatalogue.Closed), Live.Opens(mode))
            .Should()
            .Be((true, true, true, true));
        new ReopeningMode(Plan(1)).Opens(mode).Should().BeTrue("its share is larger");
        mode.Opens(new ReopeningMode(Plan(1))).Should().BeFalse();

        var apisFirst = new ReopeningMode(Plan(0) with { ApisFirst = true });
        (apisFirst.ShareReaching(BackendKind.Api, "POST"), apisFirst.ShareReaching(BackendKind.Frontend, "GET")).Should().Be((1, 0.05));
        new ReopeningMode(Plan(0) with { Closed = Recovery }).ShareReaching(BackendKind.Api, "POST").Should().Be(1, "the APIs were open");
    }

    [Fact]
    public void A_reopening_keeps_the_window_until_its_last_stage()
    {
        var record = Start(Closed(), new StagedOpening { Shares = [5, 25, 100] });
        record.Steps.Should().HaveCount(2);
        var first = record.Steps[1];
        (first.Mode.Name, first.Window, first.Until, first.Reason).Should().Be(("reopening", "w", Now.AddHours(1), "restore"));

        var second = ReopeningChanges.Advance(record, 1, "anna", Now, TimeSpan.Zero, new ValidationErrors())!;
        var (stage, step) = (((ReopeningMode)second.Steps[1].Mode).Plan, second.Steps[1]);
        (stage.Stage, stage.Share, step.Window, step.By, step.Made).Should().Be((1, 25, "w", "anna", second.Version));

        var third = ReopeningChanges.Advance(second, 1, null, Now, TimeSpan.Zero, new ValidationErrors())!;
        third.Steps[1].Mode.Should().Be(Live);
        (third.Steps[1].Window, third.Steps[1].Until, third.Steps[1].Reason).Should().Be((null, null, null));
    }

    [Fact]
    public void A_reopening_that_falls_back_closes_as_before_and_says_why()
    {
        var record = Start(Closed(), new StagedOpening { Shares = [5, 100] });

        var closed = ReopeningChanges.FallBack(record, 1, "too many", Now.AddMinutes(1), TimeSpan.FromSeconds(2), new ValidationErrors())!;

        var step = closed.Steps[1];
        step.Mode.Should().Be(ModeCatalogue.Closed);
        (step.Window, step.By, step.Reason, step.FellBack, step.FrontendsOpenUntil, step.At)
            .Should()
            .Be(("w", "router", "restore", "too many", Now.AddSeconds(62), Now.AddSeconds(62)));
        var again = ModeChanges.Apply(
            closed,
            1,
            new ModeChange { Mode = ModeCatalogue.Closed, By = "anna" },
            Now.AddMinutes(2),
            TimeSpan.Zero,
            new ValidationErrors()
        )!;
        again.Steps.Should().ContainSingle().Which.FellBack.Should().BeNull("the operator has taken note of it");
    }

    [Fact]
    public void A_stage_read_from_the_store_equals_the_stored_one()
    {
        var record = Start(
            Closed(),
            new StagedOpening
            {
                Shares = [0.5, 25, 100],
                FallBackAbove = 0,
                ApisFirst = true,
            }
        );

        ModeRecordText.TryParse(ModeRecordText.Format(record), out var read, out var problem).Should().BeTrue(problem);

        read!.IsEquivalentTo(record).Should().BeTrue();
        read.Steps[1].IsSameAs(record.Steps[1]).Should().BeTrue();
        ModeRecordText.Format(read).Should().Be(ModeRecordText.Format(record));
        var paused = ReopeningChanges.Pause(read, 1, true, Now, new ValidationErrors())!;
        paused.Steps[0].IsSameAs(record.Steps[1]).Should().BeTrue("the stage does not start again");
        paused.Steps.Should().NotEqual(record.Steps);
    }

    [Theory]
    [InlineData("\"shares\":[5,100]", "\"shares\":[100,5]")]
    [InlineData("\"shares\":[5,100]", "\"shares\":[5,100],\"stage\":1")]
    [InlineData("\"shares\":[5,100]", "\"shares\":null")]
    [InlineData("\"to\":\"live\"", "\"to\":\"elsewhere\"")]
    [InlineData("\"closed\":\"maintenance\"", "\"closed\":{\"to\":\"live\"}")]
    [InlineData("\"every\":\"00:02:00\"", "\"every\":\"00:00:00\"")]
    public void A_record_with_an_impossible_reopening_is_rejected(string valid, string broken)
    {
        var text = ModeRecordText.Format(Start(Closed(), new StagedOpening { Shares = [5, 100] }));
        text.Should().Contain(valid);

        ModeRecordText.TryParse(text.Replace(valid, broken, StringComparison.Ordinal), out _, out var problem).Should().BeFalse();

        problem.Should().NotBeNullOrEmpty();
    }

    [Fact]
    public void A_record_in_which_the_clock_alone_would_begin_a_larger_stage_is_rejected()
    {
        var record = Start(Closed(), new StagedOpening { Shares = [5, 25, 100] });
        var larger = record with
        {
            Steps = [record.Steps[1], record.Steps[1] with { Mode = new ReopeningMode(Plan(1)), At = Now.AddHours(1) }],
        };

        ModeRecordText.TryParse(ModeRecordText.Format(larger), out _, out var problem).Should().BeFalse();

        problem.Should().Be("it would open the site automatically");
    }

    [Theory]
    [InlineData("5,25", "stages: is '5%,25%'")]
    [InlineData("100", "stages: is '100%'")]
    [InlineData("25,5,100", "stages: is '25%,5%,100%'")]
    [InlineData("0,100", "stages: is '0%,100%'")]
    public void Shares_must_rise_to_a_hundred_percent(string shares, string problem) =>
        Refused(new StagedOpening { Shares = [.. shares.Split(',').Select(double.Parse)] })
            .Should()
            .Be($"{problem}. Give two to 20 shares of the clients that rise to 100%, such as 5%,25%,100%.");

    [Fact]
    public void Times_and_limits_out_of_range_are_refused()
    {
        StagedOpening valid = new() { Shares = [5, 100] };

        Refused(valid with { Every = TimeSpan.FromMilliseconds(500) }).Should().StartWith("every: is 0.5s. Give a duration from 1s to 1h");
        Refused(valid with { Every = TimeSpan.FromHours(2) }).Should().StartWith("every: is 2h.");
        Refused(valid with { FallBackAbove = 101 }).Should().StartWith("fallBackAbove: is 101%.");
        Refused(valid with { AtLeast = 0 }).Should().StartWith("atLeast: is 0.");
        Refused(valid, Recovery).Should().StartWith("stages: is given for recovery. Leave it out, or set live");
        Refused(valid, Live, Live).Should().StartWith("stages: is given while the site is live. Leave it out");
        Refused(valid, Live, new ReopeningMode(Plan(0))).Should().StartWith("stages: is given while the site is already being reopened");
    }

    [Fact]
    public void A_reopening_with_a_mode_that_follows_is_refused()
    {
        var (errors, stages) = (new ValidationErrors(), new StagedOpening { Shares = [5, 100] });
        var change = new ModeChange
        {
            Mode = Live,
            Stages = stages,
            Then = ModeCatalogue.Closed,
            After = TimeSpan.FromHours(1),
        };

        ModeChanges.Apply(Closed(), 0, change, Now, TimeSpan.Zero, errors).Should().BeNull();

        errors.All.Single().ToString().Should().StartWith("then: is given with stages");
    }

    [Fact]
    public void An_action_that_the_reopening_does_not_allow_is_refused()
    {
        var errors = new ValidationErrors();
        ReopeningChanges.Advance(Closed(), 0, null, Now, TimeSpan.Zero, errors).Should().BeNull();
        ReopeningChanges.Pause(Closed(), 0, true, Now, errors).Should().BeNull();
        ReopeningChanges.FallBack(Closed(), 0, "", Now, TimeSpan.Zero, errors).Should().BeNull();
        errors.All.Should().HaveCount(3).And.OnlyContain(error => error.Problem == "is maintenance, which is not a reopening in stages");

        var (record, twice) = (Start(Closed(), new StagedOpening { Shares = [5, 100] }), new ValidationErrors());
        ReopeningChanges.Pause(record, 1, false, Now, twice).Should().BeNull();
        twice
            .All.Single()
            .ToString()
            .Should()
            .Be("action: is resume, and the reopening is not paused. Use advance or pause, or close the site.");
    }

    [Theory]
    [InlineData(2.0, 200, 100, 3, false, "three of the 200 that there must be are 1.5 %")]
    [InlineData(2.0, 200, 5, 5, true, "no 195 further successes would bring them down to 2 %")]
    [InlineData(2.0, 200, 300, 6, false, "that is the limit")]
    [InlineData(2.0, 200, 300, 7, true, "that is above it")]
    [InlineData(0.0, 200, 1, 1, true, "not one may fail")]
    [InlineData(100.0, 1, 10, 10, false, "all may fail")]
    public void A_limit_is_exceeded_when_the_failures_outweigh_what_there_must_be(
        double limit,
        int atLeast,
        long requests,
        long failures,
        bool isAbove,
        string because
    ) => (Plan(0) with { FallBackAbove = limit, AtLeast = atLeast }).IsAboveLimit(requests, failures).Should().Be(isAbove, because);

    private static IPAddress Address(int version, int number) =>
        version == 4
            ? new IPAddress([10, 1, (byte)(number >> 8), (byte)number])
            : IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"2001:db8:{number >> 16:x}:{number & 0xffff:x}::1"));

    private static Reopening Plan(int stage) =>
        new()
        {
            Closed = ModeCatalogue.Closed,
            To = Live,
            Window = "w",
            Shares = [5, 25, 100],
            Stage = stage,
            Every = TimeSpan.FromMinutes(2),
            FallBackAbove = 2,
            AtLeast = 200,
        };

    private static ModeRecord Closed(Mode? mode = null) =>
        new()
        {
            Version = new(7),
            Written = Now,
            Steps =
            [
                new ModeStep
                {
                    Mode = mode ?? ModeCatalogue.Closed,
                    At = Now,
                    Made = new(7),
                    Window = "w",
                    WindowBegins = Now,
                    FrontendsOpenUntil = Now,
                    Until = Now.AddHours(1),
                    Reason = "restore",
                },
            ],
        };

    private static ModeRecord Start(ModeRecord record, StagedOpening stages)
    {
        var errors = new ValidationErrors();
        var change = new ModeChange { Mode = Live, Stages = stages };
        var next = ModeChanges.Apply(record, 0, change, Now, TimeSpan.Zero, errors);
        errors.All.Should().BeEmpty();
        return next!;
    }

    private static string Refused(StagedOpening stages, Mode? to = null, Mode? from = null)
    {
        var errors = new ValidationErrors();
        var change = new ModeChange { Mode = to ?? Live, Stages = stages };
        ModeChanges.Apply(Closed(from), 0, change, Now, TimeSpan.Zero, errors).Should().BeNull();
        return errors.All[0].ToString();
    }
}
