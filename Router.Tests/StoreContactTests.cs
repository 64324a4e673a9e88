using Router.Modes;

namespace Router.Tests;

public sealed class StoreContactTests
{
    private static readonly TimeSpan Expiry = TimeSpan.FromSeconds(10);

    private readonly ManualClock _clock = new();
    private readonly StoreContact _contact;

    public StoreContactTests() => _contact = new StoreContact(_clock, Expiry);

    [Fact]
    public void Before_the_first_attempt_nothing_is_known() => _contact.IsStaleAt(_clock.GetTimestamp()).Should().BeTrue();

    [Fact]
    public void An_attempt_counts_from_its_beginning_and_holds_until_the_heartbeat_expires()
    {
        var begun = _clock.GetTimestamp();
        _clock.Advance(TimeSpan.FromSeconds(8));
        _contact.Tried(begun);

        _contact.IsStaleAt(_clock.GetTimestamp()).Should().BeFalse();
        _clock.Advance(TimeSpan.FromSeconds(2));
        _contact.IsStaleAt(_clock.GetTimestamp()).Should().BeFalse();
        _clock.Advance(TimeSpan.FromTicks(1));
        _contact.IsStaleAt(_clock.GetTimestamp()).Should().BeTrue("what was read may be from before the pause, however late its answer came");
    }

    [Fact]
    public async Task A_request_waits_for_an_attempt_that_was_begun_after_the_pause()
    {
        _contact.Tried(_clock.GetTimestamp());
        var before = _clock.GetTimestamp();
        _clock.Advance(TimeSpan.FromMinutes(1));

        var waiting = _contact.WaitAsync(_clock.GetTimestamp(), default);
        _contact.Tried(before);
        waiting.IsCompleted.Should().BeFalse("that attempt was under way during the pause");
        _contact.Tried(_clock.GetTimestamp());

        await waiting.InTime();
    }

    [Fact]
    public async Task The_wait_is_bounded()
    {
        var waiting = _contact.WaitAsync(_clock.GetTimestamp(), default);
        _clock.Advance(TimeSpan.FromSeconds(10));

        await waiting.InTime();
    }
}
