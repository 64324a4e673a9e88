using Router.Switching;

namespace Router.Tests;

public sealed class HeartbeatsTests
{
    private static readonly TimeSpan Expiry = TimeSpan.FromSeconds(10);
    private readonly ManualClock _clock = new();
    private readonly Heartbeats _heartbeats;

    public HeartbeatsTests() => _heartbeats = new Heartbeats(_clock);

    [Theory]
    [InlineData(0)]
    [InlineData(300)]
    [InlineData(-300)]
    public void An_instance_that_goes_on_reporting_is_live_whatever_its_clock_says(int ahead)
    {
        for (var second = 0; second < 5; second++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            Observe(ahead);
        }

        IsLive(Observe(ahead)).Should().BeTrue();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(300)]
    [InlineData(-300)]
    public void One_that_has_ended_is_gone_as_soon_as_its_heartbeat_has_expired_whatever_its_clock_said(int ahead)
    {
        Observe(ahead);
        _clock.Advance(TimeSpan.FromSeconds(1));
        var last = Said(ahead);
        _heartbeats.Observe([last]);

        _clock.Advance(Expiry);
        IsLive(_heartbeats.Observe([last]).Single()).Should().BeTrue();
        _clock.Advance(TimeSpan.FromSeconds(1));
        IsLive(_heartbeats.Observe([last]).Single()).Should().BeFalse();
    }

    [Fact]
    public void A_report_that_was_there_before_is_as_old_as_it_says_and_never_of_the_future()
    {
        _heartbeats.Observe([Said(-60)]).Single().At.Should().Be(_clock.GetUtcNow().AddSeconds(-60));
        new Heartbeats(_clock).Observe([Said(300)]).Single().At.Should().Be(_clock.GetUtcNow());
    }

    [Fact]
    public void How_far_a_clock_is_off_is_told_from_the_second_report_on()
    {
        Observe(40).ClockAheadSeconds.Should().BeNull("nobody knows how long the first has been lying there");
        _clock.Advance(TimeSpan.FromSeconds(1));
        Observe(40).ClockAheadSeconds.Should().Be(40);
        Observe(40).ClockAheadSeconds.Should().Be(40, "it is the same report");
    }

    [Fact]
    public void An_instance_whose_report_the_store_has_lost_is_still_named_for_a_day_unless_it_has_stopped()
    {
        var (gone, stopped) = (Said(0), Said(0) with { Name = "web-2", Id = "web-2/a", Stopped = true });
        _heartbeats.Observe([gone, stopped]);

        _clock.Advance(TimeSpan.FromHours(23));
        _heartbeats.Observe([]).Should().ContainSingle().Which.Should().Be(gone);
        _clock.Advance(TimeSpan.FromHours(2));
        _heartbeats.Observe([]).Should().BeEmpty();
    }

    private InstanceReport Observe(int ahead) => _heartbeats.Observe([Said(ahead)]).Single();

    private InstanceReport Said(int ahead) =>
        new() { Name = "web-1", Id = "web-1/a", At = _clock.GetUtcNow().AddSeconds(ahead), Version = 1, StepMade = 1, Mode = "live", Since = _clock.GetUtcNow() };

    private bool IsLive(InstanceReport report) => report.IsLiveAt(_clock.GetUtcNow(), Expiry);
}
