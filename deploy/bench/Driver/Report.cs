using System.Globalization;
using System.Text;

namespace Router.Bench;

/// <summary>A result as tables, in a form that reads well in a terminal and in README.md beside it.</summary>
internal static class Report
{
    private static readonly (string Name, string Title)[] Cases =
    [
        ("small", "small response"),
        ("page", "browser's request, 8 KB page"),
        ("download", "100 KB response"),
        ("upload", "100 KB upload"),
        ("https", "8 KB page, HTTPS backend"),
        ("websocket", "WebSocket message of 100 bytes"),
    ];

    /// <summary>All that was measured in one case: the contestants with each figure's median, and Router's ratio to each.</summary>
    public static string Details(BenchResult result, string name)
    {
        if (!result.Cases.TryGetValue(name, out var contestants))
            return "";
        var figures = contestants.Values.First().Keys.ToArray();
        // What Router is compared by is the first figure; where Router itself is not there, the first contestant stands for it.
        var reference = contestants.ContainsKey(Contestants.Router) ? Contestants.Router : contestants.Keys.First();
        return Table(
            [name, .. figures, $"{reference} to it"],
            contestants.Keys.Select(contestant =>
                (string[])
                    [
                        contestant,
                        .. figures.Select(figure => Number(result.Median(name, contestant, figure))),
                        Number(result.Ratio(name, figures[0], reference, contestant), "F2"),
                    ]
            )
        );
    }

    /// <summary>The section of README.md: the cost of each case with Router's ratio in brackets, and the rest.</summary>
    public static string Summary(BenchResult result)
    {
        var peers = result.Cases.Values.SelectMany(contestants => contestants.Keys).Where(Contestants.Names.Contains).Distinct().ToArray();
        var text = new StringBuilder();
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"Measured on {result.At:d MMMM yyyy}, {result.Machine}, {result.Connections} connections, medians of {result.Rounds} rounds "
                + $"of {result.Seconds} s."
        );
        text.AppendLine("CPU µs of the proxy's own processes for each request, in brackets Router's ratio to it:").AppendLine();
        text.AppendLine(
            Table(
                ["case", .. peers],
                Cases
                    .Where(one => result.Cases.ContainsKey(one.Name))
                    .Select(one => (string[])[one.Title, .. peers.Select(peer => WithRatio(result, one.Name, peer, Figure.Cpu))])
            )
        );
        text.AppendLine("The rest:").AppendLine();
        text.AppendLine(
            Table(
                ["figure", .. peers],
                [
                    Row("requests a second, small response", "small", Figure.Rate),
                    Row("p50 ms, same load", "latency", Figure.Median),
                    Row("p99 ms, same load", "latency", Figure.Percentile99),
                    Row("first response after the start, ms", "start", Figure.Start),
                    Row("resident, idle, MB", "start", Figure.Resident),
                    Row("resident, small responses, MB", "small", Figure.Resident),
                    Row("an idle connection, KB", "idle", Figure.Connection),
                ]
            )
        );
        if (result.Cases.ContainsKey("hosts"))
        {
            text.AppendLine("Router alone:").AppendLine();
            text.AppendLine(
                Table(
                    [
                        "CPU µs",
                        "closed page",
                        .. LoadExperiment.HostCounts.Select(count =>
                            count == 1 ? "1 host" : $"{count.ToString("N0", CultureInfo.InvariantCulture)} hosts"
                        ),
                    ],
                    [
                        [
                            "small response",
                            Number(result.Median("closed", "closed", Figure.Cpu)),
                            .. LoadExperiment.HostCounts.Select(count => Number(result.Median("hosts", $"{count}", Figure.Cpu))),
                        ],
                    ]
                )
            );
        }

        return text.Append(Targets(result)).ToString();

        string[] Row(string title, string name, string figure) =>
            [title, .. peers.Select(peer => Number(result.Median(name, peer, figure)))];
    }

    /// <summary>The targets, as far as the result has something to say about them.</summary>
    public static string Targets(BenchResult result) =>
        Table(
            ["target", "limit", "measured", ""],
            Target
                .All.Select(target => (target, Measured: target.Of(result)))
                .Where(one => one.Measured is not null)
                .Select(one =>
                    (string[])
                        [
                            one.target.Title,
                            $"{one.target.Limit.ToString("0.##", CultureInfo.InvariantCulture)} {one.target.Unit}".TrimEnd(),
                            $"{Number(one.Measured, one.target.Unit.Length == 0 ? "F2" : "F1")} {one.target.Unit}".TrimEnd(),
                            one.Measured <= one.target.Limit ? "PASS" : "FAIL",
                        ]
                )
        );

    private static string WithRatio(BenchResult result, string name, string peer, string figure)
    {
        var ratio = peer == Contestants.Router ? null : result.Ratio(name, figure, Contestants.Router, peer);
        return Number(result.Median(name, peer, figure)) + (ratio is null ? "" : $" ({Number(ratio, "F2")})");
    }

    private static string Number(double? number, string? format = null) =>
        number is not { } value
            ? "–"
            : value.ToString(
                format
                    ?? (
                        value >= 1000 ? "N0"
                        : value >= 100 ? "F0"
                        : "F1"
                    ),
                CultureInfo.InvariantCulture
            );

    private static string Table(string[] header, IEnumerable<string[]> rows)
    {
        string[][] lines = [header, .. rows];
        var widths = header.Select((_, column) => lines.Max(line => line[column].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var (number, line) in lines.Index())
        {
            text.Append('|');
            foreach (var (column, cell) in line.Index())
                text.Append(' ').Append(column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column])).Append(" |");
            text.Append('\n');
            if (number == 0)
                text.Append('|')
                    .AppendJoin(
                        '|',
                        widths.Select((width, column) => column == 0 ? new string('-', width + 2) : new string('-', width + 1) + ":")
                    )
                    .Append("|\n");
        }

        return text.ToString();
    }
}
