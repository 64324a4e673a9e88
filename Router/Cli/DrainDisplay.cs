using System.Globalization;
using Router.Serving.Management;

namespace Router.Cli;

/// <summary>Shows what is still in flight as it falls: names each request once, and below them one line that is written over, or lines where nothing can be.</summary>
/// <param name="output">Where to.</param>
/// <param name="width">The terminal's; null where it is none.</param>
public sealed class DrainDisplay(TextWriter output, int? width)
{
    private readonly HashSet<string> _named = [];
    private string _line = "";

    /// <summary>Shows how it stands; null where nobody knows.</summary>
    public void Show(string line, FleetDocument? fleet)
    {
        foreach (var instance in fleet?.Instances ?? [])
        {
            foreach (var exchange in instance.State == "live" ? instance.Report.Blocking : [])
            {
                if (_named.Add($"{instance.Report.Id} {ModeReport.Name(exchange)}"))
                    Write(string.Create(CultureInfo.InvariantCulture, $"in flight: {instance.Report.Name}, {exchange.AgeSeconds:F1} s  {ModeReport.Name(exchange)}"));
            }
        }

        if (line == _line)
            return;
        _line = line;
        // One that is broken by the terminal can't be written over.
        output.Write(width is not { } columns ? $"{line}\n" : $"{OperatorConsole.EraseLine}{(line.Length >= columns && columns > 20 ? line[..(columns - 2)] + "…" : line)}");
    }

    /// <summary>Ends with a line that stays.</summary>
    public void End(string line) => Write(line);

    private void Write(string line)
    {
        output.Write(width is null || _line is "" ? $"{line}\n" : $"{OperatorConsole.EraseLine}{line}\n");
        // What was written over is written again.
        if (width is not null)
            _line = "";
    }
}
