using System.CommandLine;
using Router.Management;
using Router.Modes;
using Router.Switching;

namespace Router.Cli;

/// <summary>
/// Waits until a mode is in force on every instance and, if it allows no writes, until it is safe; or for the last stage of a reopening.
/// </summary>
/// <param name="client">The client of the management interface.</param>
/// <param name="expect">How many instances there must be; null if that is not known.</param>
/// <param name="timeout">How long to wait; null for as long as the drain limit and the writes of unknown outcome may take.</param>
/// <param name="display">Shows the progress.</param>
internal sealed class VerdictWait(ManagementClient client, int? expect, TimeSpan? timeout, DrainDisplay display)
{
    // The time that an instance may need to learn of a change, to cut requests, and to report it.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(15);

    /// <summary>Waits as the options say, and prints everything that an operator must know to continue from there.</summary>
    public static async Task<VerdictWaitEnd> RunAsync(ParseResult parsed, ManagementClient client, ModeDocument set, CancellationToken stop)
    {
        var isJson = parsed.GetValue(OperatorOptions.Json);
        var display = new DrainDisplay(
            isJson ? TextWriter.Null : parsed.InvocationConfiguration.Output,
            ToolContext.Of(parsed).Width,
            TimeProvider.System
        );
        var timeout = OptionParsers.Duration(parsed.GetValue(OperatorOptions.WaitTimeout));
        var wait = new VerdictWait(client, parsed.GetValue(OperatorOptions.Expect), timeout, display);
        var end = await wait.ForAsync(set, stop).ConfigureAwait(false);
        if (isJson)
        {
            OperatorCommand.Print(parsed, end.Fleet, ManagementJson.Default.FleetDocument, ModeReport.Write);
        }
        else
        {
            // The verdict is the last line.
            display.End("");
            ModeReport.WriteFleet(end.Fleet, end.WhyNot, parsed.InvocationConfiguration.Output);
        }

        return end;
    }

    /// <summary>Waits for the state that a change leads to.</summary>
    public async Task<VerdictWaitEnd> ForAsync(ModeDocument set, CancellationToken stop)
    {
        if (ReopeningWait.StageOf(set) is not null)
            return await new ReopeningWait(client, expect, timeout, display).ForAsync(set, stop).ConfigureAwait(false);
        var (target, at) = Goal(set);
        // A mode that allows writes is never safe; being in force everywhere is all that it can reach.
        var mayBeSafe = !ModeCatalogue.AllowsWrites(target);
        var delay = at > set.Now ? at - set.Now : TimeSpan.Zero;
        var limit = timeout ?? delay + TimeSpan.FromSeconds(set.CutAfterSeconds) + Margin;
        return await new FleetPoll(() => OperatorCommand.FleetAsync(client, expect))
            .UntilAsync(Judge, () => limit, stop, failed => display.Show(failed.Message, null))
            .ConfigureAwait(false);

        VerdictWaitEnd? Judge(FleetDocument fleet, bool isLast)
        {
            // A write that is cut at the drain limit may take its time to settle.
            if (timeout is null && fleet.Instances.Max(instance => instance.Report.WriteSettleSeconds) is var settle)
                limit = delay + TimeSpan.FromSeconds(set.CutAfterSeconds + settle) + Margin;
            // Extending the end or issuing a bypass creates a new version but is not another switch.
            var isOther = fleet.Version > set.Version && Goal(fleet.Current) != (target, at);
            if (isOther)
                return VerdictWaitEnd.Replaced(fleet);
            if (fleet.Version >= set.Version && fleet.Mode == target && (mayBeSafe ? fleet.Safe : fleet.State != VerdictState.NotSafe))
                return new VerdictWaitEnd(fleet, null);
            if (isLast)
                return VerdictWaitEnd.Early(fleet, "switch", client, expect, stop.IsCancellationRequested ? null : limit);
            display.Show(
                fleet.Mode == target || delay == TimeSpan.Zero ? ModeReport.Progress(fleet) : $"waiting for {target}, still {fleet.Mode}",
                fleet
            );
            return null;
        }
    }

    // The final state that the operator aims at.
    private static (string Mode, DateTimeOffset At) Goal(ModeDocument mode) =>
        mode.Goal is { } goal ? (goal.Mode, goal.At) : (mode.Mode, mode.Since);
}
