using System.Net;
using Router.Configuration;
using Router.Http;
using Router.Modes;

namespace Router.Tests;

/// <summary>When a reopening advances and when it falls back: three instances on one store, by a clock that the test moves.</summary>
public sealed class ReopeningGateTests : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(2);
    private static readonly Mode Live = ModeCatalogue.All.Single(mode => mode.Name == "live");

    private readonly ManualClock _clock = new();
    private readonly BrittleStore _store;
    private readonly SwitchingInstance[] _fleet;

    public ReopeningGateTests()
    {
        _store = new BrittleStore(_clock)
        {
            Text = ModeRecordText.Format(ModeRecord.Start(ModeCatalogue.Closed, new(1), _clock.GetUtcNow(), "restore")),
        };
        _fleet = [.. Enumerable.Range(0, 3).Select(index => new SwitchingInstance($"web-{index}", _store, _clock))];
    }

    public void Dispose()
    {
        foreach (var instance in _fleet)
            instance.Dispose();
    }

    [Fact]
    public async Task Every_stage_follows_when_its_time_has_passed_and_enough_requests_went_well()
    {
        await OpenAsync();
        ShouldBe("reopening", 5);
        Serve(_fleet[0], 120);
        Serve(_fleet[1], 80);
        await BeatAsync(Every - TimeSpan.FromSeconds(1));
        ShouldBe("reopening", 5);

        await BeatAsync(TimeSpan.FromSeconds(1));
        ShouldBe("reopening", 5, "every instance must know of it first");
        await BeatAsync(TimeSpan.FromSeconds(2));
        ShouldBe("reopening", 25);
        _fleet.Should().OnlyContain(instance => instance.Counts!.Requests == 0, "a stage counts its own requests");

        Serve(_fleet[2], 200);
        await BeatAsync(Every);
        await BeatAsync(TimeSpan.FromSeconds(2));
        ShouldBe("live", null);
        var step = _fleet[0].Modes.State.Step;
        (step.By, step.Window, _fleet[0].Counts).Should().Be(("anna", null, null));
    }

    [Fact]
    public async Task A_stage_without_enough_requests_continues_however_long_it_takes()
    {
        await OpenAsync();
        Serve(_fleet[0], 199);
        for (var i = 0; i < 10; i++)
            await BeatAsync(Every);
        ShouldBe("reopening", 5);

        Serve(_fleet[1], 1);
        await BeatAsync(TimeSpan.FromSeconds(1));
        await BeatAsync(TimeSpan.FromSeconds(2));
        ShouldBe("reopening", 25);
    }

    [Fact]
    public async Task A_fleet_in_which_more_requests_fail_than_the_limit_allows_closes_by_itself_at_once()
    {
        await OpenAsync();
        Serve(_fleet[0], 400);
        Serve(_fleet[1], 94);
        // 2 % of 500 are 10.
        Fail(_fleet[2], 6, 503);
        Fail(_fleet[1], 4, 0, ForwardFailure.BrokenBeforeResponse);
        await BeatAsync(TimeSpan.FromSeconds(1));
        ShouldBe("reopening", 5, "the limit itself is not above the limit");

        Fail(_fleet[0], 1, 502, ForwardFailure.ConnectFailed);
        await BeatAsync(TimeSpan.FromSeconds(1));
        await BeatAsync(TimeSpan.FromSeconds(2));

        ShouldBe("maintenance", null);
        var step = _fleet[1].Modes.State.Step;
        step.FellBack.Should().Be("stage 1 of 3, 5 % of the clients: 11 of 505 requests failed (2.18 %), more than 2 %");
        (step.By, step.Reason).Should().Be(("router", "restore"));
        _store
            .History[^1]
            .Should()
            .Contain("\"kind\":\"fallback\"")
            .And.Contain("11 of 505 requests failed")
            .And.Contain("\"by\":\"router\"");
        await BeatAsync(Every);
        ShouldBe("maintenance", null, "only an operator opens it again");
    }

    [Fact]
    public async Task Failures_that_no_number_of_good_requests_could_outweigh_need_no_further_requests()
    {
        await OpenAsync();
        Fail(_fleet[0], 5, 500);
        await BeatAsync(TimeSpan.FromSeconds(1));
        await BeatAsync(TimeSpan.FromSeconds(2));

        ShouldBe("maintenance", null);
        _fleet[0].Modes.State.Step.FellBack.Should().EndWith("5 of 5 requests failed (100 %), more than 2 % of 200");
    }

    [Fact]
    public async Task Failures_in_the_second_before_the_next_stage_still_stop_it()
    {
        await OpenAsync();
        Serve(_fleet[0], 200);
        await BeatAsync(Every);
        Fail(_fleet[1], 50, 500);
        await BeatAsync(TimeSpan.FromSeconds(1));
        await BeatAsync(TimeSpan.FromSeconds(2));

        ShouldBe("maintenance", null);
    }

    [Fact]
    public async Task No_instance_advances_while_the_store_is_unavailable_and_the_stage_continues_afterwards()
    {
        await OpenAsync();
        Serve(_fleet[0], 500);
        _store.IsAway = true;
        for (var i = 0; i < 5; i++)
            await BeatAsync(Every);
        ShouldBe("reopening", 5);

        _store.IsAway = false;
        await BeatAsync(TimeSpan.FromSeconds(1));
        await BeatAsync(TimeSpan.FromSeconds(1));
        await BeatAsync(TimeSpan.FromSeconds(2));
        ShouldBe("reopening", 25);
    }

    [Fact]
    public async Task Of_two_observers_one_advances_and_the_other_finds_it_done()
    {
        await OpenAsync();
        Serve(_fleet[0], 200);
        _clock.Advance(Every);

        // Of this store every instance is an observer.
        foreach (var instance in _fleet)
            await instance.BeatAsync();
        _clock.Advance(TimeSpan.FromSeconds(2));

        ShouldBe("reopening", 25, "and not two stages further");
    }

    [Fact]
    public async Task An_instance_that_has_not_begun_the_stage_holds_the_next_one_back()
    {
        await OpenAsync();
        Serve(_fleet[0], 200);
        _clock.Advance(Every);
        // It lives, and has not read the store: it is still in the mode before.
        var late = new SwitchingInstance("web-late", _store, _clock);
        await late.ReportAsync();
        await _fleet[0].BeatAsync();
        _fleet[0].Modes.State.Next.Should().BeNull();

        await late.BeatAsync();
        await _fleet[0].BeatAsync();
        _fleet[0].Modes.State.Next.Should().NotBeNull();
        late.Dispose();
    }

    [Fact]
    public async Task An_operator_stops_at_a_stage_goes_on_and_advances_at_once()
    {
        await OpenAsync();
        Serve(_fleet[0], 200);
        (await _fleet[1].ChangeAsync((state, now, _, errors) => ReopeningChanges.Pause(state.Record, state.Index, true, now, errors)))
            .Should()
            .BeTrue();
        for (var i = 0; i < 3; i++)
            await BeatAsync(Every);
        ShouldBe("reopening", 5);
        _fleet[0].Counts!.Requests.Should().Be(200, "the stage is the same");

        (
            await _fleet[1]
                .ChangeAsync((state, now, delay, errors) => ReopeningChanges.Advance(state.Record, state.Index, "ben", now, delay, errors))
        )
            .Should()
            .BeTrue();
        await BeatAsync(TimeSpan.FromSeconds(2));
        ShouldBe("reopening", 25, "who advances does not stay stopped");

        Serve(_fleet[0], 200);
        await BeatAsync(Every);
        await BeatAsync(TimeSpan.FromSeconds(2));
        ShouldBe("live", null);
    }

    [Fact]
    public async Task A_paused_reopening_still_falls_back()
    {
        await OpenAsync();
        (await _fleet[1].ChangeAsync((state, now, _, errors) => ReopeningChanges.Pause(state.Record, state.Index, true, now, errors)))
            .Should()
            .BeTrue();
        Fail(_fleet[2], 20, 500);
        await BeatAsync(TimeSpan.FromSeconds(1));
        await BeatAsync(TimeSpan.FromSeconds(2));
        ShouldBe("maintenance", null);
    }

    [Fact]
    public async Task A_closing_that_an_operator_has_scheduled_is_not_dropped_by_a_stage()
    {
        await OpenAsync();
        Serve(_fleet[0], 500);
        var closing = new ModeChange { Mode = ModeCatalogue.Closed, At = _clock.GetUtcNow().AddMinutes(10) };
        (
            await _fleet[0]
                .ChangeAsync((state, now, delay, errors) => ModeChanges.Apply(state.Record, state.Index, closing, now, delay, errors))
        )
            .Should()
            .BeTrue();
        await BeatAsync(Every);
        await BeatAsync(Every);
        ShouldBe("reopening", 5);

        await BeatAsync(TimeSpan.FromMinutes(10));
        ShouldBe("maintenance", null);
    }

    [Fact]
    public async Task Only_requests_that_the_stage_let_in_count()
    {
        await OpenAsync();
        var counts = _fleet[0].Counts!;
        var mode = (ReopeningMode)_fleet[0].Modes.State.Mode;
        var outside = Clients().First(client => !mode.IsOpenTo(client, BackendKind.Frontend));

        counts.Count(outside, BackendKind.Frontend, "GET", 500, null);
        counts.Count(Inside(), BackendKind.Api, "GET", 500, null);
        counts.Count(Inside(), BackendKind.Frontend, "GET", 0, ForwardFailure.ClientGone);
        counts.Count(Inside(), BackendKind.Frontend, "POST", 413, ForwardFailure.RequestBodyTooLarge);
        (counts.Requests, counts.Failures).Should().Be((0, 0));

        counts.Count(Inside(), BackendKind.Frontend, "GET", 404, null);
        counts.Count(Inside(), BackendKind.Frontend, "GET", 503, ForwardFailure.Overloaded);
        (counts.Requests, counts.Failures).Should().Be((2, 1));
    }

    private async Task OpenAsync()
    {
        await BeatAsync(TimeSpan.FromSeconds(1));
        var change = new ModeChange
        {
            Mode = Live,
            By = "anna",
            Stages = new StagedOpening { Shares = [5, 25, 100], Every = Every },
        };
        (
            await _fleet[0]
                .ChangeAsync((state, now, delay, errors) => ModeChanges.Apply(state.Record, state.Index, change, now, delay, errors))
        )
            .Should()
            .BeTrue();
        await BeatAsync(TimeSpan.Zero);
        await BeatAsync(TimeSpan.FromSeconds(2));
    }

    // Two rounds: what one instance reports last, the others read in the second one.
    private async Task BeatAsync(TimeSpan after)
    {
        _clock.Advance(after);
        foreach (var instance in _fleet.Concat(_fleet))
            await instance.BeatAsync();
    }

    private void ShouldBe(string mode, double? share, string because = "")
    {
        foreach (var instance in _fleet)
        {
            var now = instance.Modes.Current;
            (now.Name, (now as ReopeningMode)?.Plan.Share).Should().Be((mode, share), because);
        }
    }

    private void Serve(SwitchingInstance instance, int count)
    {
        for (var i = 0; i < count; i++)
            instance.Counts!.Count(Inside(), BackendKind.Frontend, "GET", 200, null);
    }

    private void Fail(SwitchingInstance instance, int count, int status, ForwardFailure? failure = null)
    {
        for (var i = 0; i < count; i++)
            instance.Counts!.Count(Inside(), BackendKind.Frontend, "GET", status, failure);
    }

    private IPAddress Inside() =>
        Clients().First(client => ((ReopeningMode)_fleet[0].Modes.State.Mode).IsOpenTo(client, BackendKind.Frontend));

    private static IEnumerable<IPAddress> Clients() =>
        Enumerable.Range(0, 10_000).Select(i => new IPAddress([10, 0, (byte)(i >> 8), (byte)i]));
}
