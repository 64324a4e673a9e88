using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Router.Cli.Downtime;
using Router.Configuration;
using Router.Modes;

namespace Router.Cli;

/// <summary>The options of <c>router downtime</c>.</summary>
internal static class DowntimeOptions
{
    /// <summary>The <c>--reopen</c> value that keeps the site closed.</summary>
    public const string StayClosed = "no";

    private const int MaxExtensions = 100;

    public static readonly Argument<string[]> Command = new("command")
    {
        Description = "What to run while the site is closed, after --, such as: -- ./restore.sh production.dump",
        Arity = ArgumentArity.ZeroOrMore,
    };
    public static readonly Option<string?> Mode = new("--mode")
    {
        Description = $"The mode of the window: {string.Join(", ", ClosingModes)}. Default {ModeCatalogue.Closed}.",
        Validators = { KnownMode },
    };
    public static readonly Option<string?> ExtendBy = new("--extend-by")
    {
        Description = "Extends the announced end by this much whenever it is about to pass while the command runs, such as 15m.",
        Validators = { Duration },
    };
    public static readonly Option<int?> ExtendTimes = new("--extend-times")
    {
        Description = "How many times --extend-by may extend the end. Default 3.",
        CustomParser = Times,
    };
    public static readonly Option<bool> StopIfUnsafe = new("--stop-if-unsafe")
    {
        Description = "Terminates the command when something could write: SIGTERM, and SIGKILL after 10 s.",
    };
    public static readonly Option<string[]> Check = new("--check")
    {
        Description = $"What must respond, through a bypass, before the site is opened: {SiteCheck.Form}. May be repeated.",
        Validators = { Checks },
    };
    public static readonly Option<string?> CheckVia = new("--check-via")
    {
        Description = "The address that the checks connect to, such as http://127.0.0.1:8080. Default: the host of each address.",
        Validators = { Via },
    };
    public static readonly Option<string?> Reopen = new("--reopen")
    {
        Description = $"The mode to switch to at the end, or {StayClosed} to keep the site closed. Default {ModeCatalogue.All[0]}.",
        Validators = { KnownReopen },
    };
    public static readonly Option<string[]> Report = new("--report")
    {
        Description = $"A file for the report: {WindowReportFiles.Forms}. May be repeated.",
        Validators = { Reports },
    };
    public static readonly Option<string?> State = new("--state")
    {
        Description =
            "The directory for the progress, which --resume reads. Default: $XDG_STATE_HOME/router, otherwise ~/.local/state/router.",
    };
    public static readonly Option<bool> Resume = new("--resume")
    {
        Description =
            "Resumes the current window at the step it had reached. Options given now override the original ones; --mode, --until, "
            + "--reason, --ticket and --cut-after are refused.",
    };
    public static readonly Option<bool> Rerun = new("--rerun")
    {
        Description = "With --resume: runs the command again, if it failed or its exit code is unknown.",
    };
    public static readonly Option<bool> CommandDone = new("--command-done")
    {
        Description = "With --resume: treats the command as done and continues with the checks.",
    };

    /// <summary>What only the beginning of a downtime uses.</summary>
    public static readonly IReadOnlyList<Option> OfTheStart =
    [
        Mode,
        OperatorOptions.Until,
        OperatorOptions.Reason,
        OperatorOptions.Ticket,
        OperatorOptions.CutAfter,
    ];

    /// <summary>The plan of a new downtime.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="until">The announced end, as the management interface takes it.</param>
    public static DowntimePlan PlanOf(ParseResult parsed, string? until)
    {
        var reopen = parsed.GetValue(Reopen) ?? ModeCatalogue.All[0].Name;
        return new DowntimePlan
        {
            Mode = parsed.GetValue(Mode) ?? ModeCatalogue.Closed.Name,
            Until = until,
            Reason = parsed.GetValue(OperatorOptions.Reason),
            Ticket = parsed.GetValue(OperatorOptions.Ticket),
            By = OperatorCommand.NameOfOperator(parsed),
            Expect = parsed.GetValue(OperatorOptions.Expect),
            CutAfter = parsed.GetValue(OperatorOptions.CutAfter),
            Timeout = parsed.GetValue(OperatorOptions.WaitTimeout),
            Command = [.. parsed.GetValue(Command) ?? []],
            ExtendBy = parsed.GetValue(ExtendBy),
            ExtendTimes = parsed.GetValue(ExtendTimes) ?? 3,
            StopIfUnsafe = parsed.GetValue(StopIfUnsafe),
            Checks = [.. parsed.GetValue(Check) ?? []],
            CheckVia = parsed.GetValue(CheckVia),
            Reopen = reopen == StayClosed ? null : reopen,
            Stages = StageOptions.Of(parsed),
            Reports = [.. (parsed.GetValue(Report) ?? []).Select(Path.GetFullPath)],
        };
    }

    /// <summary>The original plan, overridden by the options given now.</summary>
    public static DowntimePlan Amended(DowntimePlan plan, ParseResult parsed) =>
        plan with
        {
            Expect = parsed.GetValue(OperatorOptions.Expect) ?? plan.Expect,
            Timeout = parsed.GetValue(OperatorOptions.WaitTimeout) ?? plan.Timeout,
            ExtendBy = parsed.GetValue(ExtendBy) ?? plan.ExtendBy,
            ExtendTimes = parsed.GetValue(ExtendTimes) ?? plan.ExtendTimes,
            StopIfUnsafe = parsed.GetValue(StopIfUnsafe) || plan.StopIfUnsafe,
            Checks = parsed.GetValue(Check) is { Length: > 0 } checks ? [.. checks] : plan.Checks,
            CheckVia = parsed.GetValue(CheckVia) ?? plan.CheckVia,
            Reopen = parsed.GetValue(Reopen) is { } reopen ? (reopen == StayClosed ? null : reopen) : plan.Reopen,
            Stages = StageOptions.Of(parsed) is var stages && stages == new StagePlan() ? plan.Stages : stages,
            Reports = parsed.GetValue(Report) is { Length: > 0 } reports ? [.. reports.Select(Path.GetFullPath)] : plan.Reports,
        };

    private static IEnumerable<string> ClosingModes => ModeCatalogue.All.Where(mode => mode.RestrictsAnything).Select(mode => mode.Name);

    private static void KnownMode(OptionResult result) => OneOf(result, ClosingModes);

    // That it opens something is checked against the mode of the window.
    private static void KnownReopen(OptionResult result) => OneOf(result, ModeCatalogue.All.Select(mode => mode.Name).Append(StayClosed));

    private static void OneOf(OptionResult result, IEnumerable<string> names)
    {
        if (result.Tokens is [var token] && !names.Contains(token.Value))
            result.AddError($"{result.Option.Name} is '{token.Value}'. Choose one of {string.Join(", ", names)}.");
    }

    private static void Duration(OptionResult result)
    {
        if (result.Tokens is [var token] && !(ConfigurationReader.TryDuration(token.Value, out var span) && span > TimeSpan.Zero))
            result.AddError($"{result.Option.Name} is '{token.Value}', which is not a duration. Give how much to add, such as 15m.");
    }

    private static int? Times(ArgumentResult argument)
    {
        if (
            int.TryParse(argument.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number <= MaxExtensions
        )
            return number;
        argument.AddError($"--extend-times is '{argument.Tokens[0].Value}'. Give a number from 0 to {MaxExtensions}.");
        return null;
    }

    private static void Checks(OptionResult result)
    {
        foreach (var token in result.Tokens.Where(token => !SiteCheck.TryParse(token.Value, out _)))
            result.AddError($"{result.Option.Name} is '{token.Value}'. Give {SiteCheck.Form}.");
    }

    private static void Via(OptionResult result)
    {
        if (result.Tokens is [var token] && !(Uri.TryCreate(token.Value, UriKind.Absolute, out var via) && via.Scheme is "http" or "https"))
            result.AddError($"{result.Option.Name} is '{token.Value}'. Give an http or https address, such as http://127.0.0.1:8080.");
    }

    private static void Reports(OptionResult result)
    {
        foreach (var token in result.Tokens)
        {
            if (WindowReportFiles.ProblemWith(token.Value) is { } problem)
                result.AddError($"{result.Option.Name} {problem}");
        }
    }
}
