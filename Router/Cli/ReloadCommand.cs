using System.CommandLine;
using Router.Management;

namespace Router.Cli;

/// <summary><c>router reload</c>: makes a running Router reread its configuration, and reports the result.</summary>
public static class ReloadCommand
{
    public static Command Build()
    {
        var url = new Option<string?>("--url")
        {
            Description =
                "The management interface. Default: ROUTER_URL, otherwise Router:Management:Url of the configuration (http://127.0.0.1:9900).",
        };
        var tokenFile = new Option<string?>("--token-file")
        {
            Description =
                "A file with the management token. Default: ROUTER_TOKEN; without --url and ROUTER_URL also the token of the configuration.",
        };
        var reload = new Command(
            "reload",
            "Makes a running Router reload its configuration, certificates and lists. Prints what changed, or every error."
        )
        {
            url,
            tokenFile,
        };
        reload.SetAction(
            async (parsed, _) =>
            {
                try
                {
                    using var client = new ManagementClient(
                        ManagementAccess.Find(StartArguments.Of(parsed), parsed.GetValue(url), parsed.GetValue(tokenFile))
                    );
                    return Write(
                        await client.AskAsync(HttpMethod.Post, "/reload", ManagementJson.Default.ReloadDocument).ConfigureAwait(false),
                        parsed.InvocationConfiguration.Output,
                        parsed.InvocationConfiguration.Error
                    );
                }
                catch (CommandFailedException failed)
                {
                    await parsed.InvocationConfiguration.Error.WriteLineAsync(failed.Message).ConfigureAwait(false);
                    return failed.Code;
                }
            }
        );
        return reload;
    }

    private static int Write(ReloadDocument result, TextWriter output, TextWriter errors)
    {
        if (result.Accepted)
        {
            output.WriteLine($"Reloaded: {result.Summary}. Routes: {result.Routes}.");
            return 0;
        }

        errors.WriteLine("Not reloaded. The running configuration remains in force:");
        foreach (var error in result.Errors)
            errors.WriteLine($"  {error.Member}: {error.Problem}. {error.Hint}.");
        return ExitCode.WrongUse;
    }
}
