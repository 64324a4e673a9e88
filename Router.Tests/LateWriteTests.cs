using Microsoft.Extensions.Logging;
using Router.Modes;
using Router.Switching;

namespace Router.Tests;

/// <summary>A change that the store writes later than the instant at which it was to take effect.</summary>
public sealed class LateWriteTests
{
    [Theory]
    [InlineData(1.9, false)]
    [InlineData(2, true)]
    public async Task A_change_that_is_due_before_it_is_written_takes_effect_with_a_warning(double seconds, bool isLate)
    {
        var (clock, log) = (new ManualClock(), new LogLines());
        var store = new BrittleStore(clock) { Text = FirstRecord.Of(new LiveMode()) };
        using var loggers = new LoggerFactory([log]);
        using var instance = new SwitchingInstance("web-0", store, clock, loggers.CreateLogger<ModeChanger>());
        await instance.PollAsync();
        store.Writing = () => clock.Advance(TimeSpan.FromSeconds(seconds));

        var isDone = await instance.ChangeAsync(
            (state, now, delay, errors) =>
                ModeChanges.Apply(state.Record, state.Index, new ModeChange { Mode = new MaintenanceMode() }, now, delay, errors)
        );

        isDone.Should().BeTrue();
        instance.Modes.Current.Name.Should().Be(isLate ? "maintenance" : "live");
        log.Last(10)
            .Count(line => line.Contains("each instance switched when it read it", StringComparison.Ordinal))
            .Should()
            .Be(isLate ? 1 : 0);
    }
}
