using System.CommandLine;
using System.CommandLine.Parsing;
using Router.Cli.Downtime;
using Router.Reports;
using static Router.Cli.OperatorCommand;

namespace Router.Cli;

/// <summary><c>router mode report</c>: the report of the last window of downtime.</summary>
internal static class ReportCommand
{
    private static readonly Argument<string[]> Files = new("file")
    {
        Description = $"Where to write it: {WindowReportFiles.Forms}. May be repeated. Without a file it is printed.",
        Arity = ArgumentArity.ZeroOrMore,
        Validators = { Writable },
    };

    public static Command Build()
    {
        var report = new Command("report", "Reports the last window of downtime: who, when, for how long, what was cut, the last writes.")
        {
            Files,
        };
        report.SetAction((parsed, _) => GuardAsync(parsed, client => RunAsync(parsed, client)));
        return report;
    }

    private static async Task<int> RunAsync(ParseResult parsed, ManagementClient client)
    {
        var report = await client.AskAsync(HttpMethod.Get, "/report", ReportJson.Default.WindowReport).ConfigureAwait(false);
        if (parsed.GetValue(Files) is not { Length: > 0 } files)
            return Print(parsed, report, ReportJson.Default.WindowReport, (it, output) => output.Write(WindowReportText.Of(it)));
        foreach (var file in files)
        {
            try
            {
                WindowReportFiles.Write(file, report);
                await parsed
                    .InvocationConfiguration.Output.WriteLineAsync($"The report is in {Path.GetFullPath(file)}")
                    .ConfigureAwait(false);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new CommandFailedException(ExitCode.NotDone, WindowReportFiles.Failure(file, error));
            }
        }

        return 0;
    }

    private static void Writable(ArgumentResult result)
    {
        foreach (var token in result.Tokens)
        {
            if (WindowReportFiles.ProblemWith(token.Value) is { } problem)
                result.AddError($"file {problem}");
        }
    }
}
