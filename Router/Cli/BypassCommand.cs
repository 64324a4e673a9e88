using System.CommandLine;
using System.Text.Json;
using Router.Management;
using static Router.Cli.OperatorCommand;
using static Router.Cli.OperatorOptions;

namespace Router.Cli;

/// <summary><c>router bypass</c>: lets testers through while the site is closed.</summary>
internal static class BypassCommand
{
    private static readonly Option<string?> For = new("--for") { Description = "For how long, up to 12h. Default 1h." };
    private static readonly Option<string?> Address = new("--address")
    {
        Description = "An address or range to let in, instead of a token.",
    };
    private static readonly Argument<string> Id = new("id") { Description = "The bypass's id, as router mode shows it." };

    public static Command Build()
    {
        var bypass = new Command("bypass", "Lets testers in while the site is closed, by token or by address.")
        {
            For,
            Address,
            Note,
            By,
            Url,
            TokenFile,
            Json,
        };
        bypass.SetAction((parsed, _) => GuardAsync(parsed, client => IssueAsync(parsed, client)));
        var revoke = new Command("revoke", "Ends a bypass now.") { Id, By, IfVersion };
        revoke.SetAction((parsed, _) => GuardAsync(parsed, client => RevokeAsync(parsed, client)));
        bypass.Add(revoke);
        return bypass;
    }

    private static async Task<int> IssueAsync(ParseResult parsed, ManagementClient client)
    {
        var sent = new BypassRequestDocument(parsed.GetValue(For), parsed.GetValue(Address), parsed.GetValue(Note), NameOfOperator(parsed));
        var json = JsonSerializer.Serialize(sent, ManagementJson.Default.BypassRequestDocument);
        var issued = await client.AskAsync(HttpMethod.Post, "/bypass", ManagementJson.Default.BypassDocument, json).ConfigureAwait(false);
        return Print(parsed, issued, ManagementJson.Default.BypassDocument, ModeReport.Write);
    }

    private static async Task<int> RevokeAsync(ParseResult parsed, ManagementClient client)
    {
        var change = await client
            .AskAsync(
                HttpMethod.Delete,
                $"/bypass/{Uri.EscapeDataString(parsed.GetValue(Id)!)}?by={Uri.EscapeDataString(NameOfOperator(parsed))}",
                ManagementJson.Default.ChangeDocument,
                ifVersion: parsed.GetValue(IfVersion)
            )
            .ConfigureAwait(false);
        return Print(parsed, change, ManagementJson.Default.ChangeDocument, ModeReport.Write);
    }
}
