using Router.Proxy.InFlight;

namespace Router.Tests;

public sealed class UncertainWritesTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 22, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_time_when_all_have_settled_includes_those_that_are_no_longer_kept()
    {
        var writes = new UncertainWrites();
        writes.SettledBy.Should().BeNull();

        writes.Add(Write(Start, settles: TimeSpan.FromHours(1)));
        for (var second = 1; second <= UncertainWrites.MaxKept; second++)
            writes.Add(Write(Start.AddSeconds(second), settles: TimeSpan.FromSeconds(1)));

        writes.Count.Should().Be(UncertainWrites.MaxKept + 1);
        writes.Since(DateTimeOffset.MinValue).Should().HaveCount(UncertainWrites.MaxKept).And.OnlyContain(write => write.Time > Start);
        writes.SettledBy.Should().Be(Start.AddHours(1));
    }

    [Fact]
    public void A_report_has_the_start_of_a_very_long_path()
    {
        var request = new RequestContext(TimeProvider.System);

        request.Admit(null!, null!, "POST", "POST", "www.example.org", $"/{new string('x', 8000)}?secret", null);

        request.Describe().Path.Should().HaveLength(513).And.EndWith("x…");
    }

    private static UncertainWrite Write(DateTimeOffset time, TimeSpan settles) =>
        new(time, "www", "POST", "www.example.org", "/save", null, "cut", null, IsIdempotent: false, time + settles);
}
