using System.CommandLine;
using Router.Management;
using static Router.Cli.OperatorCommand;

namespace Router.Cli;

/// <summary><c>router mode history</c>: shows who changed the mode, when and why.</summary>
internal static class HistoryCommand
{
    public static Command Build()
    {
        var history = new Command("history", "Shows who changed the mode, when and why, and how each instance drained.");
        history.SetAction((parsed, _) => GuardAsync(parsed, client => RunAsync(parsed, client)));
        return history;
    }

    private static async Task<int> RunAsync(ParseResult parsed, ManagementClient client)
    {
        var entries = await client.AskAsync(HttpMethod.Get, "/history", ManagementJson.Default.HistoryDocument).ConfigureAwait(false);
        return Print(parsed, entries, ManagementJson.Default.HistoryDocument, ModeReport.Write);
    }
}
