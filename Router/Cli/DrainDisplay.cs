using System.Globalization;
using Router.Management;
using Router.Switching;

namespace Router.Cli;

/// <summary>
/// Shows what is still in flight: lists each request once and, below the list, one line that is overwritten on a terminal. In a file or a
/// pipeline's log, where every line stays, a line that only counts down is printed again after half a minute.
/// </summary>
/// <param name="width">The terminal's width; null if the output is not a terminal.</param>
/// <param name="time">The clock.</param>
public sealed class DrainDisplay(TextWriter output, int? width, TimeProvider time)
{
    private static readonly TimeSpan RepeatInterval = TimeSpan.FromSeconds(30);

    private readonly HashSet<string> _named = [];
    private string _line = "";
    private State? _state;
    private long _printed;

    /// <summary>Shows the current line; the fleet is null if it is not known.</summary>
    public void Show(string line, FleetDocument? fleet)
    {
        foreach (var instance in fleet?.Instances ?? [])
        {
            foreach (var request in instance.State == InstanceState.Live ? instance.Report.Blocking : [])
            {
                if (_named.Add($"{instance.Report.Id} {ModeReport.Name(request)}"))
                    Write(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"in flight: {instance.Report.Name}, {request.AgeSeconds:F1} s  {ModeReport.Name(request)}"
                        )
                    );
            }
        }

        if (line == _line || (width is null && !MustPrint(StateOf(line, fleet))))
            return;
        _line = line;
        // A line that the terminal wraps cannot be overwritten.
        output.Write(
            width is not { } columns
                ? $"{line}\n"
                : $"{OperatorConsole.EraseLine}{(line.Length >= columns && columns > 20 ? line[..(columns - 2)] + "…" : line)}"
        );
    }

    /// <summary>Prints the last line.</summary>
    public void End(string line) => Write(line);

    // What makes a line news: everything but the numbers that only count down.
    private static State StateOf(string line, FleetDocument? fleet) =>
        new(
            string.Concat(line.Where(character => !char.IsAsciiDigit(character))),
            fleet?.Mode,
            fleet?.Current.Reopening?.Stage,
            fleet is null ? 0 : ModeReport.InFlight(fleet)
        );

    private bool MustPrint(State state)
    {
        if (state == _state && time.GetElapsedTime(_printed) < RepeatInterval)
            return false;
        (_state, _printed) = (state, time.GetTimestamp());
        return true;
    }

    private void Write(string line)
    {
        output.Write(width is null || _line is "" ? $"{line}\n" : $"{OperatorConsole.EraseLine}{line}\n");
        // Prints the overwritten line again.
        if (width is not null)
            _line = "";
    }

    private sealed record State(string Words, string? Mode, int? Stage, int InFlight);
}
