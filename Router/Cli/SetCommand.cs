using System.CommandLine;
using Router.Management;
using Router.Modes;
using static Router.Cli.OperatorCommand;
using static Router.Cli.OperatorOptions;

namespace Router.Cli;

/// <summary><c>router mode set</c>: sets or schedules a mode and, if wanted, waits for the verdict.</summary>
internal static class SetCommand
{
    private static readonly Argument<string> Name = new("mode") { Description = ModeCatalogue.Names };
    private static readonly Option<string?> At = new("--at") { Description = $"When it takes effect: {OperatorTime.Forms}." };
    private static readonly Option<string?> ReadOnlyBefore = new("--read-only-before")
    {
        Description = "How long the site is read-only before the change, such as 10s.",
    };

    private static readonly Option<string?> Stages = new("--stages")
    {
        Description = "Opens the site to these shares of the clients, one after the other, such as 5%,25%,100%.",
    };
    private static readonly Option<string?> Every = new("--every") { Description = "How long each stage lasts at least. Default 2m." };
    private static readonly Option<string?> FallBackAbove = new("--fall-back-above")
    {
        Description = "The share of failed requests above which the site closes again by itself. Default 2%.",
    };
    private static readonly Option<int?> AtLeast = new("--at-least")
    {
        Description = "How many requests of a stage that share must be taken from. Default 200.",
        CustomParser = OptionParsers.Requests,
    };
    private static readonly Option<string?> Apis = new("--apis")
    {
        Description = "Whether the APIs open in the first or in the last stage. Default last.",
    };
    private static readonly Option<string?> Then = new("--then")
    {
        Description = "The mode that follows by itself if nobody has changed it by then, such as maintenance after hold. Opens nothing.",
    };
    private static readonly Option<string?> After = new("--after")
    {
        Description = "How long after the change --then follows, such as 30s.",
    };

    public static Command Build()
    {
        var set = new Command("set", "Changes the mode on all instances at the same instant.")
        {
            Name,
            Reason,
            Ticket,
            By,
            Until,
            Shorten,
            At,
            ReadOnlyBefore,
            CutAfter,
            Stages,
            Every,
            FallBackAbove,
            AtLeast,
            Apis,
            HoldTimeout,
            Then,
            After,
            IfVersion,
            DryRun,
            Wait,
            WaitTimeout,
            Expect,
        };
        set.SetAction((parsed, stop) => GuardAsync(parsed, client => RunAsync(parsed, client, stop)));
        return set;
    }

    private static async Task<int> RunAsync(ParseResult parsed, ManagementClient client, CancellationToken stop)
    {
        var sent = ModeChangeCall.Document(parsed) with
        {
            Mode = parsed.GetValue(Name),
            At = ModeChangeCall.Time(parsed, At),
            ReadOnlyBefore = parsed.GetValue(ReadOnlyBefore),
            Stages = parsed.GetValue(Stages),
            Every = parsed.GetValue(Every),
            FallBackAbove = parsed.GetValue(FallBackAbove),
            AtLeast = parsed.GetValue(AtLeast),
            Apis = parsed.GetValue(Apis),
            Then = parsed.GetValue(Then),
            After = parsed.GetValue(After),
        };
        var change = await ModeChangeCall.SendAsync(parsed, client, HttpMethod.Put, sent).ConfigureAwait(false);
        if (!parsed.GetValue(Wait) || parsed.GetValue(DryRun))
            return Print(parsed, change, ManagementJson.Default.ChangeDocument, ModeReport.Write);
        if (!parsed.GetValue(Json))
            ModeReport.Write(change, Console.Out);
        var end = await VerdictWait.RunAsync(parsed, client, change.Mode, stop).ConfigureAwait(false);
        return end.IsReached ? 0 : ExitCode.NotDone;
    }
}
