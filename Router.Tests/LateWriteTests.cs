using Microsoft.Extensions.Logging;
using Router.Modes;
using Router.Switching;

namespace Router.Tests;

/// <summary>A change that the store writes later than an instant at which the mode was to change.</summary>
public sealed class LateWriteTests : IDisposable
{
    private readonly ManualClock _clock = new();
    private readonly LogLines _log = new();
    private readonly LoggerFactory _loggers;
    private readonly BrittleStore _store;
    private readonly SwitchingInstance _instance;

    public LateWriteTests()
    {
        _loggers = new LoggerFactory([_log]);
        _store = new BrittleStore(_clock) { Text = FirstRecord.Of(new LiveMode()) };
        _instance = new SwitchingInstance("web-0", _store, _clock, _loggers.CreateLogger<ModeChanger>());
    }

    public void Dispose()
    {
        _instance.Dispose();
        _loggers.Dispose();
        _log.Dispose();
    }

    [Theory]
    [InlineData(1.9, false)]
    [InlineData(2, true)]
    public async Task A_change_that_is_due_before_it_is_written_takes_effect_with_a_warning(double seconds, bool isLate)
    {
        await _instance.PollAsync();
        WritingTakes(seconds);

        await ChangeAsync(new ModeChange { Mode = ModeCatalogue.Closed });

        _instance.Modes.Current.Name.Should().Be(isLate ? "maintenance" : "live");
        Warnings.Should().Be(isLate ? 1 : 0);
    }

    [Fact]
    public async Task A_change_of_the_reason_that_is_written_after_the_scheduled_instant_warns_of_nothing()
    {
        await _instance.PollAsync();
        await ChangeAsync(new ModeChange { Mode = ModeCatalogue.Closed, At = _clock.GetUtcNow().AddSeconds(10) });
        WritingTakes(11);

        await ChangeAsync(new ModeChange { Reason = "We move to a new database" });

        _instance.Modes.Current.Name.Should().Be("maintenance", "the others knew when");
        Warnings.Should().Be(0);
    }

    private int Warnings => _log.Last(20).Count(line => line.Contains("instances switched when they read it", StringComparison.Ordinal));

    private void WritingTakes(double seconds) => _store.Writing = () => _clock.Advance(TimeSpan.FromSeconds(seconds));

    private async Task ChangeAsync(ModeChange change) => (await _instance.ChangeAsync(change)).Should().BeTrue();
}
