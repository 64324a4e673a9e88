using System.Globalization;
using Router.Cli.Downtime;
using Router.Reports;

namespace Router.Cli;

/// <summary>The third step of a downtime: runs the command, and watches the verdict meanwhile.</summary>
internal static class CommandStep
{
    /// <summary>The variable by which the command finds its file, and the tool its command.</summary>
    public const string WindowFileVariable = "ROUTER_WINDOW_FILE";

    public static async Task<int?> RunAsync(DowntimeWindow window)
    {
        if (window.Signals.Token.IsCancellationRequested)
        {
            window.File.Save(window.Progress with { Step = DowntimeStep.Waiting });
            return window.Interrupted();
        }

        using var child = ChildCommand.TryStart([.. window.Plan.Command], Environment(window), out var problem);
        if (child is null)
        {
            window.File.Save(window.Progress with { ExitCode = ChildCommand.NotStarted, CommandEnded = window.Clock.Now });
            return Failed(window, ChildCommand.NotStarted, $"The command could not be started: {problem}");
        }

        // Also if the signal came before the command.
        using var passing = window.Signals.Terminating.Register(child.PassOnTermination);
        window.File.Save(window.Progress with { Process = child.Identity });
        var watcher = new DowntimeWatcher(window);
        await watcher.WatchAsync(child).ConfigureAwait(false);
        var code = await child.Ended.ConfigureAwait(false);
        window.File.Save(window.Progress with { ExitCode = code, CommandEnded = window.Clock.Now });
        if (watcher.HasStopped)
            return Failed(
                window,
                code == 0 ? ExitCode.NotDone : code,
                $"The command was terminated, because the site was not safe any more (exit code {code})"
            );
        if (code != 0)
            return Failed(window, code, $"The command failed with exit code {code}");
        window.Enter(DowntimeStep.Checking, "The command ended with 0");
        if (watcher.HasSeenDanger)
        {
            return window.End(
                ExitCode.NotDone,
                "The command ended with 0, but the site was not safe throughout. It is not opened: see what happened, and check the data",
                window.StateCommand,
                ResumeCommands.Rerun,
                ResumeCommands.Resume
            );
        }

        return window.Signals.Token.IsCancellationRequested ? window.Interrupted() : null;
    }

    private static int Failed(DowntimeWindow window, int code, string what)
    {
        window.Note(DowntimeEventKind.Warning, what);
        string[] next = [ResumeCommands.Rerun, ResumeCommands.CommandDone, "router mode set live"];
        return window.End(code, $"{what}. The tool leaves the site as it is", next);
    }

    private static IEnumerable<(string Name, string? Value)> Environment(DowntimeWindow window) =>
        [
            ("ROUTER_WINDOW", window.Progress.Window),
            (
                "ROUTER_SAFE_AT",
                window.Progress.AtSafe is { Safe: true }
                    ? window.Progress.Safe?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)
                    : null
            ),
            (WindowFileVariable, window.File.WindowFile),
        ];
}
