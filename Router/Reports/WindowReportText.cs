using System.Text;

namespace Router.Reports;

internal static class WindowReportText
{
    public static string Of(WindowReport report)
    {
        var text = new StringBuilder($"REPORT OF THE WINDOW: {report.Outcome}\n\n");
        foreach (var (name, value) in WindowReportSections.Facts(report))
            text.Append($"{name + ":", -18}{OneLine(value)}\n");
        foreach (var section in WindowReportSections.Of(report))
        {
            text.Append($"\n{section.Title}: {(section.Rows is [] ? section.WhenEmpty : "")}".TrimEnd()).Append('\n');
            var widths = section.Columns.Select((_, i) => section.Rows.Append(section.Columns).Max(row => row[i].Length)).ToArray();
            foreach (var row in section.Rows is [] ? [] : section.Rows.Prepend(section.Columns))
                text.Append($"  {string.Join("  ", row.Select((cell, i) => OneLine(cell).PadRight(widths[i])))}".TrimEnd()).Append('\n');
        }

        return text.Append($"\n{WindowReportSections.Clocks(report)}\n").ToString();
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
