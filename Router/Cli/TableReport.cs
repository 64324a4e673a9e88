using Router.Configuration;
using Router.Modes;
using Router.Routing;

namespace Router.Cli;

/// <summary>Prints a route table: a line for each rule, and what each mode makes of it.</summary>
public static class TableReport
{
    /// <summary>Writes it.</summary>
    public static void Write(RouteTable table, TextWriter output)
    {
        List<string[]> rows = [["ROUTE", "HOST", "PATH", "BACKEND", "KIND", "ADDRESS", "ALLOWED", .. ModeCatalogue.All.Select(mode => mode.Name.ToUpperInvariant())]];
        rows.AddRange(table.Routes.Select(Row));
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows)
            output.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }

    private static string[] Row(Route route) =>
    [
        route.Name,
        route.HostText,
        route.PathText ?? "(every other path)",
        route.Backend?.Name ?? route.File ?? "-",
        route.Backend?.Kind.ToString() ?? "-",
        route.Backend?.Addresses.ToString() ?? "-",
        route.Refuses ? "nobody" : route.AllowList is { } list ? $"{list.Name} ({list.Count})" : RuleSettings.Everyone,
        .. ModeCatalogue.All.Select(mode => Effect(route, mode)),
    ];

    // The rule as such, for a client that it allows: the very decision that a request would meet. "read" where a GET is forwarded and a POST is not.
    private static string Effect(Route route, Mode mode)
    {
        if (route.Refuses)
            return "403";
        if (!route.InEveryMode && !mode.Reaches(route.Kind, "GET"))
            return "503";
        return route.File is not null ? "file" : mode.Reaches(route.Kind, "POST") ? "forward" : "read";
    }
}
