using System.CommandLine;
using Router.Management;

namespace Router.Cli;

/// <summary><c>router reload</c>: makes a running Router reread its configuration, and reports the result.</summary>
public static class ReloadCommand
{
    public static Command Build()
    {
        var reload = new Command(
            "reload",
            "Makes a running Router reload its configuration, certificates and lists. Prints what changed, or every error."
        )
        {
            OperatorOptions.Url,
            OperatorOptions.TokenFile,
        };
        reload.SetAction((parsed, _) => OperatorCommand.GuardAsync(parsed, client => RunAsync(parsed, client), isVerdict: true));
        return reload;
    }

    private static async Task<int> RunAsync(ParseResult parsed, ManagementClient client) =>
        Write(
            await client.AskAsync(HttpMethod.Post, "/reload", ManagementJson.Default.ReloadDocument).ConfigureAwait(false),
            parsed.InvocationConfiguration.Output,
            parsed.InvocationConfiguration.Error
        );

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
