using Router.Pages;
using Router.Reports;

namespace Router.Cli.Downtime;

/// <summary>Writes the report into files, each in the form that its name ends with.</summary>
internal static class WindowReportFiles
{
    /// <summary>The endings, for messages.</summary>
    public const string Forms = ".html, .json or .txt";

    /// <summary>Why a file can't take a report; null if it can.</summary>
    public static string? ProblemWith(string path) =>
        Path.GetExtension(path) is not (".html" or ".json" or ".txt") ? $"is '{path}'. Give a file that ends with {Forms}."
        : !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path))) ? $"is '{path}', whose directory does not exist."
        : null;

    /// <summary>Says that a report could not be written.</summary>
    public static string Failure(string path, Exception error) => $"The report can't be written to {path}: {error.Message}";

    public static void Write(string path, WindowReport report) =>
        PrivateFile.Write(
            path,
            Path.GetExtension(path) switch
            {
                ".html" => WindowReportPage.Of(report),
                ".json" => ReadableJson.Text(report, ReportJson.Default.WindowReport),
                _ => WindowReportText.Of(report),
            },
            PrivateFile.Public
        );
}
