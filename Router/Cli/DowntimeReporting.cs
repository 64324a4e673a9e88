using System.Collections.Immutable;
using Router.Cli.Downtime;
using Router.Management;
using Router.Reports;
using Router.Switching;

namespace Router.Cli;

/// <summary>Ends a downtime's run: the report, and what to do next.</summary>
internal sealed class DowntimeReporting(DowntimeWindow window)
{
    /// <summary>Writes the report and the last lines; false if a file could not be written.</summary>
    public async Task<bool> WriteAsync()
    {
        var (now, history) = await AskAsync().ConfigureAwait(false);
        var report = DowntimeReportBuilder.Build(window.Progress, window.Outcome, now, history, window.Clock.HostAhead);
        window.Console.Write(output => output.Write($"\n{WindowReportText.Of(report)}"));
        var isWritten = true;
        foreach (var path in window.Progress.Plan.Reports)
        {
            try
            {
                WindowReportFiles.Write(path, report);
                window.Console.Say($"The report is in {path}");
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                window.Console.Say(WindowReportFiles.Failure(path, error));
                isWritten = false;
            }
        }

        foreach (var command in window.Next)
            window.Console.Say($"To {Purpose(command)}: {window.Hint(command)}");
        // The last line, as with every command that waits.
        window.Console.Say(window.Outcome);
        return isWritten;
    }

    // The report is written even if no instance responds any more.
    private async Task<(FleetDocument? Fleet, ImmutableArray<HistoryEntry> History)> AskAsync()
    {
        try
        {
            var fleet = await window.FleetAsync().ConfigureAwait(false);
            var history = await window
                .Client.AskAsync(HttpMethod.Get, "/history", ManagementJson.Default.HistoryDocument)
                .ConfigureAwait(false);
            return (fleet, history.Entries);
        }
        catch (CommandFailedException failed)
        {
            window.Console.Say($"The report has the last known state: {failed.Message}");
            return (null, []);
        }
    }

    private static string Purpose(string command) =>
        command switch
        {
            "router mode history" => "see who changed it",
            ResumeCommands.Resume => "continue",
            ResumeCommands.Rerun => "run the command again",
            ResumeCommands.CommandDone => "continue without running it again",
            "router mode set live" => "open the site by hand",
            _ when command.StartsWith("router mode --wait", StringComparison.Ordinal) => "wait for the verdict",
            _ => "see the state",
        };
}
