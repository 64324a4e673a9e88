using Router.Management;
using Router.Switching;

namespace Router.Cli;

/// <summary>Waits until a reopening in stages has reached its last stage everywhere, or has come to another end.</summary>
/// <param name="client">The client of the management interface.</param>
/// <param name="expect">How many instances there must be; null if that is not known.</param>
/// <param name="timeout">How long to wait; null for no limit, because nobody knows how soon there are enough requests.</param>
/// <param name="display">Shows the progress.</param>
internal sealed class ReopeningWait(ManagementClient client, int? expect, TimeSpan? timeout, DrainDisplay display)
{
    /// <summary>The stage that a change begins with or that is in force; null if there is no reopening.</summary>
    public static ReopeningDocument? StageOf(ModeDocument mode) => mode.Goal is { } goal ? goal.Reopening : mode.Reopening;

    /// <summary>Waits for the end of the reopening that a change leads to.</summary>
    public Task<VerdictWaitEnd> ForAsync(ModeDocument set, CancellationToken stop)
    {
        var to = StageOf(set)!.To;
        return new FleetPoll(() => OperatorCommand.FleetAsync(client, expect)).UntilAsync(
            Judge,
            () => timeout,
            stop,
            failed => display.Show(failed.Message, null)
        );

        VerdictWaitEnd? Judge(FleetDocument fleet, bool isLast)
        {
            var mode = fleet.Current;
            var isCurrent = fleet.Version >= set.Version;
            if (isCurrent && fleet.Mode == to && fleet.State != VerdictState.NotSafe)
                return new VerdictWaitEnd(fleet, null);
            if (isCurrent && mode.FellBack is { } why && mode.Next is [])
                return new VerdictWaitEnd(fleet, $"The reopening fell back to {fleet.Mode}: {why}.");
            if (isCurrent && !IsOnItsWay(mode, to))
                return VerdictWaitEnd.Replaced(fleet);
            if (isLast)
                return VerdictWaitEnd.Early(fleet, "reopening", client, expect, stop.IsCancellationRequested ? null : timeout);
            display.Show(Progress(fleet), fleet);
            return null;
        }
    }

    private static string Progress(FleetDocument fleet) =>
        fleet.Current is { Reopening: { } stage } mode ? $"stage {ReopeningText.Of(stage, mode.Since, mode.Now)}" : fleet.Verdict;

    // In a stage, in the last one, or about to enter one. What is on its way at the end decides: it may be the closing of a fall-back.
    private static bool IsOnItsWay(ModeDocument mode, string to) =>
        mode.Reopening is not null || (mode.Goal is { } goal ? goal.Reopening is not null || goal.Mode == to : mode.Mode == to);
}
