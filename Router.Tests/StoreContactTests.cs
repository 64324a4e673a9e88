using Router.Modes;

namespace Router.Tests;

public sealed class StoreContactTests : IDisposable
{
    private static readonly TimeSpan Expiry = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Tick = Expiry / 8;

    private readonly ManualClock _clock = new();
    private readonly StoreContact _contact;

    public StoreContactTests() => _contact = new StoreContact(_clock, Expiry);

    private bool IsStale => _contact.IsStaleAt(_clock.GetTimestamp());

    [Fact]
    public void Before_the_first_attempt_nothing_is_known() => IsStale.Should().BeTrue();

    [Fact]
    public void A_pause_of_more_than_half_the_expiry_makes_the_mode_stale_until_the_store_has_been_asked()
    {
        _contact.Tried(_contact.Runs());

        _clock.Advance(Expiry / 2);
        IsStale.Should().BeFalse();
        _clock.Advance((Expiry / 2) + TimeSpan.FromTicks(1));
        IsStale.Should().BeTrue();
        _clock.Advance(Tick);
        IsStale.Should().BeTrue("it runs again, but has not asked");

        _contact.Tried(_contact.Runs());
        IsStale.Should().BeFalse();
    }

    [Fact]
    public void A_pause_is_noticed_by_a_request_that_comes_before_the_timer()
    {
        _contact.Tried(_contact.Runs());
        var resumed = _clock.GetTimestamp() + (Expiry.Ticks / 2) + 1;

        _contact.IsStaleAt(resumed).Should().BeTrue();
    }

    [Fact]
    public void An_attempt_that_lasts_however_long_is_no_pause()
    {
        _contact.Tried(_contact.Runs());
        var begun = _contact.Runs();

        for (var passed = TimeSpan.Zero; passed < Expiry * 3; passed += Tick)
        {
            _clock.Advance(Tick);
            IsStale.Should().BeFalse("the process runs, and a store that does not respond leaves the last known mode");
        }

        _contact.Tried(begun);
        IsStale.Should().BeFalse();
    }

    [Fact]
    public async Task A_request_waits_for_an_attempt_that_was_begun_after_the_pause()
    {
        _contact.Tried(_contact.Runs());
        var before = _contact.Runs();
        _clock.Advance(TimeSpan.FromMinutes(1));

        var waiting = _contact.WaitAsync(_clock.GetTimestamp(), default);
        _contact.Tried(before);
        waiting.IsCompleted.Should().BeFalse("that attempt was under way during the pause");
        _contact.Tried(_contact.Runs());

        await waiting.InTime();
    }

    [Fact]
    public async Task The_wait_is_bounded()
    {
        var waiting = _contact.WaitAsync(_clock.GetTimestamp(), default);
        for (var i = 0; i < 8; i++)
            _clock.Advance(Tick);

        await waiting.InTime();
    }

    public void Dispose() => _contact.Dispose();
}
