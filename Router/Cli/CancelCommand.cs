using System.CommandLine;
using Router.Management;
using static Router.Cli.OperatorCommand;
using static Router.Cli.OperatorOptions;

namespace Router.Cli;

/// <summary><c>router mode cancel</c>: cancels what is scheduled.</summary>
internal static class CancelCommand
{
    public static Command Build()
    {
        var cancel = new Command("cancel", "Cancels the scheduled change.") { By, IfVersion };
        cancel.SetAction((parsed, _) => GuardAsync(parsed, client => RunAsync(parsed, client)));
        return cancel;
    }

    private static async Task<int> RunAsync(ParseResult parsed, ManagementClient client)
    {
        var change = await client
            .AskAsync(
                HttpMethod.Delete,
                $"/mode/next?by={Uri.EscapeDataString(NameOfOperator(parsed))}",
                ManagementJson.Default.ChangeDocument,
                ifVersion: parsed.GetValue(IfVersion)
            )
            .ConfigureAwait(false);
        return Print(parsed, change, ManagementJson.Default.ChangeDocument, ModeReport.Write);
    }
}
