using System.CommandLine;
using System.Text.Json;
using Router.Management;
using static Router.Cli.OperatorCommand;
using static Router.Cli.OperatorOptions;

namespace Router.Cli;

/// <summary><c>router mode stages</c>: steers a reopening in stages.</summary>
internal static class StagesCommand
{
    public static Command Build() =>
        new("stages", "Steers a reopening in stages. To close the site again: router mode set maintenance.")
        {
            Action("advance", "Begins the next stage at once."),
            Action("pause", "Pauses at this stage. If too many requests fail, the site still closes by itself."),
            Action("resume", "Resumes a paused reopening."),
        };

    private static Command Action(string name, string description)
    {
        var action = new Command(name, description) { Operator, IfVersion };
        action.SetAction((parsed, _) => GuardAsync(parsed, client => RunAsync(parsed, client, name)));
        return action;
    }

    private static async Task<int> RunAsync(ParseResult parsed, ManagementClient client, string action)
    {
        var sent = new StageActionDocument(action, NameOfOperator(parsed));
        var change = await client
            .AskAsync(
                HttpMethod.Post,
                "/mode/stages",
                ManagementJson.Default.ChangeDocument,
                JsonSerializer.Serialize(sent, ManagementJson.Default.StageActionDocument),
                parsed.GetValue(IfVersion)
            )
            .ConfigureAwait(false);
        return Print(parsed, change, ManagementJson.Default.ChangeDocument, ModeReport.Write);
    }
}
