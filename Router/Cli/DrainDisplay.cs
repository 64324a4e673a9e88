using System.Globalization;
using Router.Management;
using Router.Switching;

namespace Router.Cli;

/// <summary>
/// Shows what is still in flight: lists each request once and, below the list, one line that is overwritten on a terminal.
/// </summary>
/// <param name="output">The output.</param>
/// <param name="width">The terminal's width; null if the output is not a terminal.</param>
public sealed class DrainDisplay(TextWriter output, int? width)
{
    private readonly HashSet<string> _named = [];
    private string _line = "";

    /// <summary>Whether the line is overwritten. Otherwise each new one is printed below the last, so it should rarely change.</summary>
    public bool Overwrites => width is not null;

    /// <summary>Shows the current line; the fleet is null if it is not known.</summary>
    public void Show(string line, FleetDocument? fleet)
    {
        foreach (var instance in fleet?.Instances ?? [])
        {
            foreach (var exchange in instance.State == InstanceState.Live ? instance.Report.Blocking : [])
            {
                if (_named.Add($"{instance.Report.Id} {ModeReport.Name(exchange)}"))
                    Write(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"in flight: {instance.Report.Name}, {exchange.AgeSeconds:F1} s  {ModeReport.Name(exchange)}"
                        )
                    );
            }
        }

        if (line == _line)
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

    private void Write(string line)
    {
        output.Write(width is null || _line is "" ? $"{line}\n" : $"{OperatorConsole.EraseLine}{line}\n");
        // Prints the overwritten line again.
        if (width is not null)
            _line = "";
    }
}
