using System.CommandLine;
using Router.Management;
using static Router.Cli.OperatorCommand;
using static Router.Cli.OperatorOptions;

namespace Router.Cli;

/// <summary><c>router mode extend</c>: changes the announcement of a mode and never the mode.</summary>
internal static class ExtendCommand
{
    private static readonly Option<string?> ExtendBy = new("--by")
    {
        Description = "How much to add to the announced end, such as 45m.",
        CustomParser = OptionParsers.Extension,
    };

    public static Command Build()
    {
        var extend = new Command(
            "extend",
            "Changes the end, the reason or the ticket of the current or scheduled mode. Never changes the mode."
        )
        {
            ExtendBy,
            Until,
            Shorten,
            Reason,
            Ticket,
            Operator,
            CutAfter,
            HoldTimeout,
            IfVersion,
            DryRun,
        };
        extend.SetAction((parsed, _) => GuardAsync(parsed, client => RunAsync(parsed, client)));
        return extend;
    }

    private static async Task<int> RunAsync(ParseResult parsed, ManagementClient client)
    {
        var sent = ModeChangeCall.Document(parsed) with { ExtendBy = parsed.GetValue(ExtendBy) };
        var change = await ModeChangeCall.SendAsync(parsed, client, HttpMethod.Patch, sent).ConfigureAwait(false);
        return Print(parsed, change, ManagementJson.Default.ChangeDocument, ModeReport.Write);
    }
}
