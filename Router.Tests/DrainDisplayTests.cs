using Router.Cli;

namespace Router.Tests;

public sealed class DrainDisplayTests : IDisposable
{
    private readonly ManualClock _clock = new();
    private readonly StringWriter _output = new();

    public void Dispose() => _output.Dispose();

    [Fact]
    public void A_countdown_is_one_line_of_a_log_and_again_after_half_a_minute()
    {
        var display = new DrainDisplay(_output, width: null, _clock);

        for (var left = 60; left > 20; left--)
        {
            display.Show($"NOT SAFE: 2 writes may still be applied, in {left} s", null);
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        display.Show("SAFE on the only instance", null);

        _output
            .ToString()
            .Should()
            .Be(
                "NOT SAFE: 2 writes may still be applied, in 60 s\nNOT SAFE: 2 writes may still be applied, in 30 s\n"
                    + "SAFE on the only instance\n"
            );
    }

    [Fact]
    public void A_terminal_shows_each_second_in_place()
    {
        var display = new DrainDisplay(_output, width: 80, _clock);

        display.Show("in 2 s", null);
        display.Show("in 1 s", null);

        _output.ToString().Should().Be($"{OperatorConsole.EraseLine}in 2 s{OperatorConsole.EraseLine}in 1 s");
    }
}
