using System.CommandLine;
using Router.Configuration;

namespace Router.Cli;

/// <summary>The command line.</summary>
public static class RouterCommand
{
    // A value that starts with '@', such as a reason, is literal and not a file of further arguments.
    internal static readonly ParserConfiguration Parsing = new() { ResponseFileTokenReplacer = null };

    private static readonly TimeSpan TerminationTimeout = TimeSpan.FromSeconds(2);

    private static readonly Option<bool> Connect = new("--connect")
    {
        Description = "Also contacts the backends, the mode store and the lists of proxies. Exit code 3 if one does not respond.",
    };

    private static readonly Option<bool> Wide = new("--wide")
    {
        Description = "Prints the routes as one table, a line per rule and a column per mode, instead of one block per host.",
    };

    private static readonly Option<bool> CheckAsJson = new("--json")
    {
        Description = "Prints the result, the errors with their fixes, and the routes as one JSON document. The exit codes are the same.",
    };

    /// <summary>The command tree. There is one: an option remembers each command that it was ever added to.</summary>
    internal static RootCommand Tree { get; } = Build();

    /// <summary>Parses and executes the command line.</summary>
    /// <param name="context">What the command reads and writes besides; null for this process's own.</param>
    public static async Task<int> InvokeAsync(string[] arguments, ToolContext? context = null)
    {
        var parsed = Tree.Parse(arguments, Parsing);
        var serves = parsed.CommandResult.Command is RootCommand;
        // It waits for its command, which may take its time to end.
        var handlesSignals = serves || parsed.CommandResult.Command.Name == DowntimeCommand.Name;
        context ??= serves ? new ToolContext() : OperatorConsole.Open();
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                await context.Error.WriteLineAsync(error.Message).ConfigureAwait(false);
            await context
                .Error.WriteLineAsync(CommandSuggestion.Of(parsed) is { } meant ? $"Did you mean: {meant}" : "See --help.")
                .ConfigureAwait(false);
            return ExitCode.WrongUse;
        }

        try
        {
            // On SIGTERM the host stops in its own time; the command line's own two seconds would cut off requests. The other commands keep
            // those two seconds, to print a last message.
            context.ProcessTerminationTimeout = handlesSignals ? null : TerminationTimeout;
            context.EnableDefaultExceptionHandler = false;
            return await parsed.InvokeAsync(context).ConfigureAwait(false);
        }
        catch (IOException error) when (!serves && OperatorConsole.IsClosed(error))
        {
            // Nobody has read whether the configuration that was checked is valid.
            return ExitCode.NotDone;
        }
    }

    private static RootCommand Build()
    {
        var root = new RootCommand(
            "Router, the front door of a site of many applications. Without a command, it serves until it is stopped."
        )
        {
            StartArguments.Urls,
            StartArguments.ConfigurationFile,
        };
        root.SetAction(
            (parsed, _) =>
                GuardAsync(parsed.InvocationConfiguration, to => RunCommand.RunAsync(StartArguments.Of(parsed), to.Output, to.Error))
        );

        var check = new Command("check", "Checks the configuration and everything needed to start, and prints the routes. Does not listen.")
        {
            StartArguments.Urls,
            Connect,
            Wide,
            CheckAsJson,
        };
        check.SetAction(
            (parsed, _) =>
                GuardAsync(
                    parsed.InvocationConfiguration,
                    to => CheckCommand.RunAsync(StartArguments.Of(parsed), parsed.GetValue(Connect), ViewOf(parsed), to.Output)
                )
        );
        check.Validators.Add(result =>
        {
            if (result.GetValue(Wide) && result.GetValue(CheckAsJson))
                result.AddError("--wide and --json exclude each other.");
        });
        root.Add(check);
        var health = new Command(
            "health",
            "Checks the health of the local instance: exit code 0 if it responds with 200 within a second, otherwise 1."
        )
        {
            StartArguments.Urls,
        };
        health.SetAction((parsed, _) => HealthCommand.RunAsync(StartArguments.Of(parsed), parsed.InvocationConfiguration.Error));
        root.Add(health);
        root.Add(ReloadCommand.Build());
        root.Add(ModeCommand.Build());
        root.Add(DowntimeCommand.Build());
        root.Add(BypassCommand.Build());
        root.Add(ExplainCommand.Build());
        foreach (var command in FleetCommand.Build())
            root.Add(command);
        return root;
    }

    private static CheckView ViewOf(ParseResult parsed) =>
        parsed.GetValue(CheckAsJson) ? CheckView.Json
        : parsed.GetValue(Wide) ? CheckView.Wide
        : CheckView.Blocks;

    private static async Task<int> GuardAsync(InvocationConfiguration context, Func<InvocationConfiguration, Task<int>> command)
    {
        try
        {
            return await command(context).ConfigureAwait(false);
        }
        catch (InvalidConfigurationException invalid)
        {
            await context
                .Error.WriteLineAsync($"The configuration has {Count(invalid.Errors.All.Count)}. Nothing was started:")
                .ConfigureAwait(false);
            foreach (var error in invalid.Errors.All)
                await context.Error.WriteLineAsync($"  {error}").ConfigureAwait(false);
            return ExitCode.WrongUse;
        }
    }

    private static string Count(int errors) => errors == 1 ? "1 error" : $"{errors} errors";
}
