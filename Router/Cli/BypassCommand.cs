using System.CommandLine;
using System.Text.Json;
using Router.Configuration;
using Router.Management;
using Router.Modes;
using static Router.Cli.OperatorCommand;
using static Router.Cli.OperatorOptions;

namespace Router.Cli;

/// <summary><c>router bypass</c>: lets testers through while the site is closed.</summary>
internal static class BypassCommand
{
    private static readonly Option<string?> For = new("--for")
    {
        Description = $"For how long, up to {DurationText.Of(Bypass.MaxDuration)}. Default {DurationText.Of(Bypass.DefaultDuration)}.",
    };
    private static readonly Option<string?> Address = new("--address")
    {
        Description = "An address or range to let in, instead of a token.",
    };
    private static readonly Option<string?> Timeout = new("--timeout")
    {
        Description = $"How long to wait until every instance knows it, such as 1m. Default {DurationText.Of(FleetWait.DefaultLimit)}.",
        CustomParser = OptionParsers.Timeout,
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
            Timeout,
        };
        bypass.SetAction((parsed, stop) => GuardAsync(parsed, client => IssueAsync(parsed, client, stop), isVerdict: true));
        var revoke = new Command("revoke", "Ends a bypass now, on every instance.") { Id, By, IfVersion, Timeout };
        revoke.SetAction((parsed, stop) => GuardAsync(parsed, client => RevokeAsync(parsed, client, stop), isVerdict: true));
        bypass.Add(revoke);
        return bypass;
    }

    private static async Task<int> IssueAsync(ParseResult parsed, ManagementClient client, CancellationToken stop)
    {
        var sent = new BypassRequestDocument(parsed.GetValue(For), parsed.GetValue(Address), parsed.GetValue(Note), NameOfOperator(parsed));
        var json = JsonSerializer.Serialize(sent, ManagementJson.Default.BypassRequestDocument);
        var issued = await client.AskAsync(HttpMethod.Post, "/bypass", ManagementJson.Default.BypassDocument, json).ConfigureAwait(false);
        // Printed first: the token is shown once, whatever happens next.
        Print(parsed, issued, ManagementJson.Default.BypassDocument, ModeReport.Write);
        return await WaitAsync(parsed, client, fleet => fleet.Current.Bypasses.Any(it => it.Id == issued.Id), "issued", stop)
            .ConfigureAwait(false);
    }

    private static async Task<int> RevokeAsync(ParseResult parsed, ManagementClient client, CancellationToken stop)
    {
        var change = await client
            .AskAsync(
                HttpMethod.Delete,
                $"/bypass/{Uri.EscapeDataString(parsed.GetValue(Id)!)}?by={Uri.EscapeDataString(NameOfOperator(parsed))}",
                ManagementJson.Default.ChangeDocument,
                ifVersion: parsed.GetValue(IfVersion)
            )
            .ConfigureAwait(false);
        Print(parsed, change, ManagementJson.Default.ChangeDocument, ModeReport.Write);
        return await WaitAsync(parsed, client, fleet => fleet.Version >= change.Mode.Version, "revoked", stop).ConfigureAwait(false);
    }

    // Until then a token is refused at one instance and accepted at another.
    private static async Task<int> WaitAsync(
        ParseResult parsed,
        ManagementClient client,
        Func<FleetDocument, bool> isKnown,
        string done,
        CancellationToken stop
    )
    {
        var limit = OptionParsers.Duration(parsed.GetValue(Timeout)) ?? FleetWait.DefaultLimit;
        var output = parsed.GetValue(Json) ? TextWriter.Null : parsed.InvocationConfiguration.Output;
        var wait = new FleetWait(() => FleetAsync(client, null), limit, names => output.WriteLine($"waiting for {names}"));
        var missing = await wait.MissingAsync(isKnown, stop).ConfigureAwait(false);
        if (missing is "")
            return 0;
        await parsed
            .InvocationConfiguration.Error.WriteLineAsync(
                client.Hint($"The bypass is {done}, but not on every instance yet: {missing}. To see what each instance has: router fleet")
            )
            .ConfigureAwait(false);
        return ExitCode.NotDone;
    }
}
