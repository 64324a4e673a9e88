using Router.Modes;

namespace Router.Tests;

public sealed class FleetClockTests
{
    private readonly ManualClock _host = new();
    private readonly FleetClock _clock;

    public FleetClockTests() => _clock = new FleetClock(_host);

    [Fact]
    public void Until_the_store_has_responded_it_is_the_hosts()
    {
        _clock.GetUtcNow().Should().Be(_host.GetUtcNow());
        _clock.WallClockAhead.Should().Be(TimeSpan.Zero);
    }

    [Theory]
    [InlineData(-15)]
    [InlineData(-1.2)]
    [InlineData(60)]
    public void It_is_the_stores_whatever_the_wall_clock_says(double ahead)
    {
        var store = Read(ahead: ahead);
        _host.Advance(TimeSpan.FromSeconds(5));

        _clock.GetUtcNow().Should().Be(store.AddSeconds(5));
        _clock.WallClockAhead.TotalSeconds.Should().BeApproximately(ahead, 0.001);
    }

    [Fact]
    public void Half_the_round_trip_is_added_to_what_the_store_said()
    {
        var store = Read(ahead: 0, roundTrip: TimeSpan.FromMilliseconds(30));

        _clock.GetUtcNow().Should().Be(store.AddMilliseconds(15));
    }

    [Fact]
    public void A_reading_over_a_slow_round_trip_does_not_replace_a_better_one()
    {
        Read(ahead: 0, roundTrip: TimeSpan.FromMilliseconds(2));
        var good = _host.GetUtcNow() - _clock.GetUtcNow();

        // All of the delay was on the way back, so that half of it is far off.
        var asked = _host.GetTimestamp();
        var store = _clock.GetUtcNow();
        _host.Advance(TimeSpan.FromMilliseconds(500));
        _clock.Observe(store, asked, _host.GetTimestamp());

        (_host.GetUtcNow() - _clock.GetUtcNow()).Should().Be(good);
    }

    [Fact]
    public void A_store_whose_clock_was_set_is_followed()
    {
        Read(ahead: 0);
        var store = Read(ahead: -30);

        _clock.GetUtcNow().Should().Be(store);
    }

    [Fact]
    public void An_old_reading_is_replaced_by_a_newer_one_that_is_a_little_worse()
    {
        Read(ahead: 0, roundTrip: TimeSpan.FromMilliseconds(2));
        _host.Advance(TimeSpan.FromMinutes(10));

        var store = Read(ahead: 0.005, roundTrip: TimeSpan.FromMilliseconds(4));

        _clock.GetUtcNow().Should().Be(store.AddMilliseconds(2), "the host's clock may have drifted by 300 ms in ten minutes");
    }

    private DateTimeOffset Read(double ahead, TimeSpan roundTrip = default)
    {
        var (asked, store) = (_host.GetTimestamp(), _host.GetUtcNow() + (roundTrip / 2) - TimeSpan.FromSeconds(ahead));
        _host.Advance(roundTrip);
        _clock.Observe(store, asked, _host.GetTimestamp());
        return store;
    }
}
