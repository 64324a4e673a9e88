using Router.Admission;
using Router.Modes;
using Router.Routing;

namespace Router.Cli;

/// <summary>Prints a route table as wide as it is: one line per rule, with its effect in each mode.</summary>
public static class TableReport
{
    /// <summary>Prints the table.</summary>
    public static void Write(RouteTable table, AdmissionPolicy admission, TextWriter output)
    {
        List<string[]> rows =
        [
            [
                "ROUTE",
                "HOST",
                "PATH",
                "BACKEND",
                "KIND",
                "ADDRESS",
                "ALLOWED",
                .. ModeCatalogue.All.Select(mode => mode.Name.ToUpperInvariant()),
            ],
        ];
        rows.AddRange(table.Routes.Select(route => Row(route, admission)));
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows)
            output.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }

    private static string[] Row(Route route, AdmissionPolicy admission) =>
        [
            route.Name,
            route.HostText,
            route.PathText ?? "(every other path)",
            route.Backend?.Name ?? route.File ?? "-",
            route.Backend?.Kind.ToString() ?? "-",
            route.Backend?.Addresses.ToString() ?? "-",
            RouteEffect.Clients(route),
            .. ModeCatalogue.All.Select(mode => RouteEffect.Of(route, mode, admission)),
        ];
}
