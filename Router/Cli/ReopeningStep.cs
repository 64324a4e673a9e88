using Router.Cli.Downtime;
using Router.Management;
using Router.Reports;

namespace Router.Cli;

/// <summary>The last step of a downtime: opens the site, and waits until every instance is open.</summary>
internal static class ReopeningStep
{
    public static async Task<int?> RunAsync(DowntimeWindow window)
    {
        var (plan, reopen) = (window.Plan, window.Plan.Reopen!);
        var fleet = await window.FleetAsync().ConfigureAwait(false);
        var set = fleet.Current;
        // A tool that was killed left a reopening in stages at work.
        var isUnderWay = window.IsOwn(set) && set.Reopening is not null;
        // Opened before the command had ended, perhaps while no instance responded: visitors may have written into what it restored.
        if (fleet.Mode == reopen && !window.IsOwn(set) && set.Since < window.Progress.CommandEnded)
            return window.Lost(fleet);
        if (fleet.Mode != reopen && !isUnderWay)
        {
            if (!window.IsOwn(set))
                return window.Lost(fleet);
            var sent = plan.Stages.AddTo(new ModeChangeDocument { Mode = reopen, By = plan.By });
            set = (await window.SetAsync(sent, fleet.Version.Number).ConfigureAwait(false)).Mode;
        }

        var end = await window.WaitAsync(set).ConfigureAwait(false);
        if (!end.IsReached)
        {
            window.Console.Write(output => ModeReport.WriteFleet(end.Fleet, end.WhyNot, output));
            window.Note(DowntimeEventKind.Warning, end.Fleet.Verdict);
            return window.End(
                window.Signals.Token.IsCancellationRequested ? window.Signals.ExitCode : ExitCode.NotDone,
                end.Fleet.Current.FellBack is { } why
                    ? $"The site has closed again by itself: {why}"
                    : $"The mode {reopen} was set, but it is not in force on every instance: {end.Fleet.Verdict}",
                window.StateCommand,
                ResumeCommands.Resume
            );
        }

        // In another closed mode, the site is still closed to visitors.
        if (end.Fleet.Current.Window is null)
            window.File.Save(window.Progress with { Opened = end.Fleet.Current.Since });
        window.Enter(DowntimeStep.Done, end.Fleet.Verdict);
        return window.End(0, $"The window is over: {end.Fleet.Verdict}");
    }
}
