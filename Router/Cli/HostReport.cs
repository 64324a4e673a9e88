using System.Text;
using Router.Admission;
using Router.Configuration;
using Router.Modes;
using Router.Routing;

namespace Router.Cli;

/// <summary>
/// Prints a route table for a terminal of 80 columns: one block per host, with its rules grouped by what each mode makes of them, and the
/// backends after the hosts.
/// </summary>
public static class HostReport
{
    private const int Width = 79;
    private const int WidestColumn = 24;

    /// <summary>Prints the blocks.</summary>
    public static void Write(RouteTable table, AdmissionPolicy admission, TextWriter output)
    {
        foreach (var host in table.Routes.GroupBy(route => route.HostText))
        {
            WriteRow(output, 0, [$"Host {host.First(route => route.PathText is null).Name}: {host.Key}"], [0]);
            foreach (var group in host.GroupBy(route => Effects(route, admission)))
            {
                WriteRow(output, 2, [group.Key], [0]);
                WriteRows(output, 4, [.. group.Select(Cells)]);
            }

            output.WriteLine();
        }

        output.WriteLine("Backends");
        var backends = table.Routes.Select(route => route.Backend).OfType<BackendSettings>().DistinctBy(backend => backend.Name);
        WriteRows(
            output,
            2,
            [
                .. backends
                    .OrderBy(backend => backend.Name, StringComparer.Ordinal)
                    .Select(backend => (string[])[backend.Name, backend.Kind.ToString(), backend.Addresses.ToString()]),
            ]
        );
    }

    // The path patterns are the longest, so they come last, where they move no other column.
    private static string[] Cells(Route route) =>
        [route.Name, route.Backend?.Name ?? route.File ?? "-", RouteEffect.Clients(route), route.PathText ?? "(every other path)"];

    // Such as "live: forward; read-only: read; recovery, maintenance: 503".
    private static string Effects(Route route, AdmissionPolicy admission)
    {
        var groups = ModeCatalogue.All.GroupBy(mode => RouteEffect.Of(route, mode, admission)).ToArray();
        return groups is [var only]
            ? $"every mode: {only.Key}"
            : string.Join("; ", groups.Select(group => $"{string.Join(", ", group.Select(mode => mode.Name))}: {group.Key}"));
    }

    private static void WriteRows(TextWriter output, int indent, IReadOnlyList<string[]> rows)
    {
        var columns = rows.Max(row => row.Length);
        var widths = Enumerable
            .Range(0, columns)
            .Select(column => rows.Select(row => row[column].Length).Where(length => length <= WidestColumn).DefaultIfEmpty().Max())
            .ToArray();
        foreach (var row in rows)
            WriteRow(output, indent, row, widths);
    }

    // What does not fit the line continues below it, further to the right. Only a name without a space can make a line longer.
    private static void WriteRow(TextWriter output, int indent, string[] cells, int[] widths)
    {
        var line = new StringBuilder().Append(' ', indent);
        foreach (var piece in cells.Zip(widths).SelectMany(cell => Pieces(cell.First, cell.Second)))
        {
            if (line.Length + piece.TrimEnd().Length > Width && line.Length > indent + 4)
            {
                output.WriteLine(line.ToString().TrimEnd());
                line.Clear().Append(' ', indent + 4);
            }

            line.Append(piece);
        }

        output.WriteLine(line.ToString().TrimEnd());
    }

    private static IEnumerable<string> Pieces(string cell, int width) =>
        cell.Length <= WidestColumn ? [cell.PadRight(width) + "  "] : cell.Split(' ').Select(word => word + " ").Append(" ");
}
