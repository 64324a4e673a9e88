using System.Net;
using System.Text;
using Router.Configuration;

namespace Router.Reports;

/// <summary>The report as one HTML page that needs nothing else, for the ticket and for paper. Every text is escaped.</summary>
internal static class WindowReportPage
{
    private const string Style = """
        :root { color-scheme: light dark; --line: #8884; --soft: #8881; --bad: #b00020; --good: #0a7a3b }
        body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
        h1 { font-size: 1.5rem; margin: 0 0 .25rem } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
        .outcome { font-size: 1.15rem; font-weight: 600; color: var(--bad) } .outcome.done { color: var(--good) }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem }
        dt { font-weight: 600 } dd { margin: 0; overflow-wrap: anywhere }
        table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
        th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid var(--line) }
        td { overflow-wrap: anywhere }
        th { background: var(--soft); font-weight: 600 } tr.danger td { color: var(--bad); font-weight: 600 }
        .none, footer { opacity: .75 } .wide { overflow-x: auto } footer { margin-top: 2rem; font-size: .9rem }
        @media print {
          body { margin: 0; max-width: none; font-size: 10pt } .wide { overflow: visible }
          h2 { break-after: avoid } tr { break-inside: avoid }
        }
        """;

    public static string Of(WindowReport report)
    {
        var page = new StringBuilder();
        page.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        page.Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        // Nothing is loaded and nothing runs, whatever a text may hold.
        page.Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n");
        page.Append($"<title>Downtime {Text(report.Window)}</title>\n<style>\n{Style}\n</style>\n</head>\n<body>\n");
        page.Append($"<h1>Downtime{(report.Ticket is { } ticket ? $" {Text(ticket)}" : "")}</h1>\n");
        page.Append($"<p class=\"outcome{(report.IsGood ? " done" : "")}\">{Text(report.Outcome)}</p>\n<dl>\n");
        foreach (var (name, value) in WindowReportSections.Facts(report))
            page.Append($"<dt>{Text(name)}</dt><dd>{Text(value)}</dd>\n");
        page.Append("</dl>\n");
        foreach (var section in WindowReportSections.Of(report))
            Write(section, page);
        return page.Append($"<footer>{Text(WindowReportSections.Clocks(report))}</footer>\n</body>\n</html>\n").ToString();
    }

    private static void Write(WindowReportSections.Section section, StringBuilder page)
    {
        page.Append($"<h2>{Text(section.Title)}</h2>\n");
        if (section.Rows is [])
        {
            page.Append($"<p class=\"none\">{Text(section.WhenEmpty)}</p>\n");
            return;
        }

        page.Append("<div class=\"wide\"><table>\n<thead><tr>");
        foreach (var column in section.Columns)
            page.Append($"<th scope=\"col\">{Text(column)}</th>");
        page.Append("</tr></thead>\n<tbody>\n");
        foreach (var row in section.Rows)
        {
            page.Append(row.Any(cell => cell is "!!!" or "FAILED") ? "<tr class=\"danger\">" : "<tr>");
            foreach (var cell in row)
                page.Append($"<td>{Text(cell)}</td>");
            page.Append("</tr>\n");
        }

        page.Append("</tbody>\n</table></div>\n");
    }

    private static string Text(string text) => WebUtility.HtmlEncode(VisibleText.Of(text));
}
