using Router.Configuration;
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
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    /// <summary>The stage that a change begins with or that is in force; null if there is no reopening.</summary>
    public static ReopeningDocument? StageOf(ModeDocument mode) => mode.Goal is { } goal ? goal.Reopening : mode.Reopening;

    /// <summary>Waits for the end of the reopening that a change leads to.</summary>
    public async Task<VerdictWaitEnd> ForAsync(ModeDocument set, CancellationToken stop)
    {
        var (to, started) = (StageOf(set)!.To, TimeProvider.System.GetTimestamp());
        while (true)
        {
            var isLast = stop.IsCancellationRequested || TimeProvider.System.GetElapsedTime(started) >= timeout;
            try
            {
                var fleet = await OperatorCommand.FleetAsync(client, expect).ConfigureAwait(false);
                var mode = fleet.Current;
                var isCurrent = fleet.Version >= set.Version;
                if (isCurrent && fleet.Mode == to && fleet.State != VerdictState.NotSafe)
                    return new VerdictWaitEnd(fleet, null);
                if (isCurrent && mode.FellBack is { } why && mode.Next is [])
                    return new VerdictWaitEnd(fleet, $"The reopening fell back to {fleet.Mode}: {why}.");
                if (isCurrent && !IsOnItsWay(mode, to))
                    return new VerdictWaitEnd(fleet, $"Somebody has changed the mode meanwhile (version {fleet.Version}).");
                if (isLast)
                    return new VerdictWaitEnd(
                        fleet,
                        stop.IsCancellationRequested
                            ? "Interrupted: the reopening continues without this command."
                            : client.Hint(
                                $"Gave up waiting after {DurationText.Of(timeout!.Value)}; the reopening continues. See it with: router "
                                    + $"mode --watch"
                            )
                    );
                display.Show(Progress(fleet), fleet);
            }
            catch (CommandFailedException failed) when (failed.Code == ExitCode.NoConnection && !isLast)
            {
                // The instance that was asked may be about to restart. The reopening continues without it.
                display.Show(failed.Message, null);
            }

            await Task.Delay(Pause, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static string Progress(FleetDocument fleet) =>
        fleet.Current is { Reopening: { } stage } mode ? $"stage {ReopeningText.Of(stage, mode.Since, mode.Now)}" : fleet.Verdict;

    // In a stage, in the last one, or about to enter one. What is on its way at the end decides: it may be the closing of a fall-back.
    private static bool IsOnItsWay(ModeDocument mode, string to) =>
        mode.Reopening is not null || (mode.Goal is { } goal ? goal.Reopening is not null || goal.Mode == to : mode.Mode == to);
}
