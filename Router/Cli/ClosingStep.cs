using Router.Cli.Downtime;
using Router.Management;
using Router.Modes;
using Router.Reports;

namespace Router.Cli;

/// <summary>The first step of a downtime: sets the mode, unless somebody else's window is in force.</summary>
internal static class ClosingStep
{
    public static async Task<int?> RunAsync(DowntimeWindow window)
    {
        var plan = window.Plan;
        var fleet = await window.FleetAsync().ConfigureAwait(false);
        if (window.Progress.Owns(fleet.Current))
        {
            window.Enter(DowntimeStep.Waiting, $"The mode {fleet.Mode} was already set");
            return null;
        }

        RefuseIfClosed(window, fleet);
        if (ModeCatalogue.TryFind(plan.Mode, out var mode) && mode.AllowsWrites)
            window.Console.Say(
                $"{mode} is never SAFE: {mode.Summary}. The command starts as soon as the site is CLOSED TO VISITORS. Do not restore a "
                    + $"database with it; for that, leave out --mode."
            );
        // A window is named after the version that begins it: so it is recognized even if the tool is killed before the response.
        window.File.Save(window.Progress with { Made = fleet.Version.Next });
        var sent = new ModeChangeDocument
        {
            Mode = plan.Mode,
            By = plan.By,
            Reason = plan.Reason,
            Ticket = plan.Ticket,
            Until = plan.Until,
            CutAfter = plan.CutAfter,
        };
        ModeDocument set;
        try
        {
            set = (await window.SetAsync(sent, fleet.Version.Number).ConfigureAwait(false)).Mode;
        }
        catch (CommandFailedException failed) when (failed.IsNothingDone)
        {
            // Refused, so the window that may be in force is another one.
            window.File.Save(window.Progress with { Made = RecordVersion.NotStored });
            if (failed.Code == ExitCode.NotDone)
                RefuseIfClosed(window, await window.FleetAsync().ConfigureAwait(false));
            throw;
        }

        // With several instances the mode takes effect in a moment.
        var begins = set.Goal is { } first ? first.At : set.Since;
        window.File.Save(window.Progress with { ExpectedWindow = set.Window ?? ModeChanges.WindowOf(begins, window.Progress.Made) });
        var until = (set.Goal is { } goal ? goal.Until : set.Until) is { } end ? $", announced until {ReportTime.Full(end)}" : "";
        window.Enter(DowntimeStep.Waiting, $"{plan.By} set the mode {plan.Mode}{until}");
        return window.Signals.Token.IsCancellationRequested ? window.Interrupted() : null;
    }

    // Of two at once, the second finds the window of the first, or its change.
    private static void RefuseIfClosed(DowntimeWindow window, FleetDocument fleet)
    {
        var current = fleet.Current;
        var why =
            current.Window is { } other
                ? $"the site is already closed ({fleet.Mode} since {ReportTime.Full(current.Since)}, by "
                    + $"{current.By ?? OperatorText.Unnamed}, window {other}). If that is your downtime, continue it with: "
                    + $"{ResumeCommands.Resume}. Otherwise wait until it is over: router mode --watch"
            : current.Next is [var next, ..]
                ? $"{next.Mode} is scheduled at {ReportTime.Full(next.At)}, by {next.By ?? OperatorText.Unnamed}. See it with: router "
                    + $"mode. Cancel it with: router mode cancel"
            : null;
        if (why is not null)
            throw new CommandFailedException(ExitCode.NotDone, window.Hint($"Refused: {why}"));
    }
}
