using System.Text.Json;
using Router.Cli.Downtime;
using Router.Reports;

namespace Router.Cli;

/// <summary>The second step of a downtime: waits for the verdict that the command needs.</summary>
internal static class WaitingStep
{
    public static async Task<int?> RunAsync(DowntimeWindow window)
    {
        var set = await window.FleetAsync().ConfigureAwait(false);
        if (!window.IsOwn(set.Current))
            return window.Lost(set);
        var end = await window.WaitAsync(set.Current).ConfigureAwait(false);
        var fleet = end.Fleet;
        if (window.Signals.Token.IsCancellationRequested)
            return window.Interrupted();
        if (!window.IsOwn(fleet.Current))
            return window.Lost(fleet);
        window.File.Save(
            window.Progress with
            {
                Window = fleet.Current.Window,
                Closed = window.Progress.Closed ?? (fleet.Current.Window is null ? null : fleet.Current.Since),
                Latest = fleet,
            }
        );
        if (!end.IsReached || !SafetyWatch.IsGood(fleet))
        {
            window.Console.Write(output => ModeReport.WriteFleet(fleet, end.WhyNot, output));
            window.Note(DowntimeEventKind.Warning, fleet.Verdict);
            string[] next = [window.WaitCommand, ResumeCommands.Resume, "router mode set live"];
            return window.End(ExitCode.NotDone, $"The command was not run. {fleet.Verdict}", next);
        }

        window.File.Save(
            window.Progress with
            {
                Safe = fleet.Current.Now,
                AtSafe = fleet,
                Process = null,
                CommandEnded = null,
                ExitCode = null,
            }
        );
        PrivateFile.Write(
            window.File.WindowFile,
            JsonSerializer.Serialize(WindowFileDocument.Of(fleet), DowntimeJson.Default.WindowFileDocument)
        );
        window.Note(DowntimeEventKind.Step, fleet.Verdict);
        // Recorded before the command starts: a tool that is killed in between must not run it twice.
        window.Enter(DowntimeStep.Running, $"Running: {string.Join(' ', window.Plan.Command)}");
        return null;
    }
}
