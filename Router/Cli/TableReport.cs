using System.Net;
using Router.Admission;
using Router.Configuration;
using Router.Modes;
using Router.Routing;

namespace Router.Cli;

/// <summary>Prints a route table: one line per rule, with its effect in each mode.</summary>
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
            route.Refuses ? "nobody"
            : route.AllowList is { } list ? $"{list.Name} ({list.Count})"
            : RuleSettings.Everyone,
            .. ModeCatalogue.All.Select(mode => Effect(route, mode, admission)),
        ];

    // What happens to a client that the rule allows, decided as for a request. "read" if a GET is forwarded and a POST is not.
    private static string Effect(Route route, Mode mode, AdmissionPolicy admission)
    {
        var client = route.AllowList?.Sample ?? IPAddress.None;
        var (get, post) = (Decide("GET"), Decide("POST"));
        return get.Status?.ToString(System.Globalization.CultureInfo.InvariantCulture)
            ?? (
                get.Outcome == AdmissionOutcome.File ? "file"
                : post.Outcome == AdmissionOutcome.Forward ? "forward"
                : "read"
            );

        AdmissionDecision Decide(string method) =>
            admission.Evaluate(
                AdmissionRequest.Of(method, "/", client),
                RouteMatch.Of(route),
                ModeState.Supposed(mode),
                new AdmissionSteps()
            );
    }
}
