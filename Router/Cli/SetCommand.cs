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

    private static readonly Option<string?> Then = new("--then")
    {
        Description =
            "The mode to switch to after --after, unless somebody has changed it by then, such as maintenance after hold. It must open "
            + "nothing.",
    };
    private static readonly Option<string?> After = new("--after")
    {
        Description = "How long after the change to switch to the mode of --then, such as 30s.",
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
            StageOptions.Stages,
            StageOptions.Every,
            StageOptions.FallBackAbove,
            StageOptions.AtLeast,
            StageOptions.Apis,
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
        var sent = StageOptions.Of(parsed).AddTo(ModeChangeCall.Document(parsed)) with
        {
            Mode = parsed.GetValue(Name),
            At = ModeChangeCall.Time(parsed, At),
            ReadOnlyBefore = parsed.GetValue(ReadOnlyBefore),
            Then = parsed.GetValue(Then),
            After = parsed.GetValue(After),
        };
        var change = await ModeChangeCall.SendAsync(parsed, client, HttpMethod.Put, sent).ConfigureAwait(false);
        if (!parsed.GetValue(Wait) || parsed.GetValue(DryRun))
            return Print(parsed, change, ManagementJson.Default.ChangeDocument, ModeReport.Write);
        if (!parsed.GetValue(Json))
            ModeReport.Write(change, parsed.InvocationConfiguration.Output);
        var end = await VerdictWait.RunAsync(parsed, client, change.Mode, stop).ConfigureAwait(false);
        return end.IsReached ? 0 : ExitCode.NotDone;
    }
}
