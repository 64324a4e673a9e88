using System.Text.Json;
using Router.Cli.Downtime;
using Router.Configuration;
using Router.Management;
using Router.Reports;

namespace Router.Cli;

/// <summary>Watches the verdict while the command runs, reports at once what breaks it, and extends the announced end.</summary>
internal sealed class DowntimeWatcher(DowntimeWindow window)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // An instance that restarts takes a moment to confirm the mode: that alone is no reason to end a restore.
    private static readonly TimeSpan MaxDoubt = TimeSpan.FromSeconds(10);

    // Visitors read the announced end: it is extended before it passes.
    private static readonly TimeSpan ExtendBefore = TimeSpan.FromSeconds(10);

    private readonly SafetyWatch _watch = new(window.Progress.AtSafe!);
    private long? _unreachableSince;
    private bool _isUnreachableReported;

    /// <summary>Whether something could write, or has written, while the command ran.</summary>
    public bool HasSeenDanger { get; private set; }

    /// <summary>Whether the command was terminated for that.</summary>
    public bool HasStopped { get; private set; }

    /// <summary>Watches until the command has ended, and once more.</summary>
    public async Task WatchAsync(ChildCommand child)
    {
        var isLast = false;
        while (!isLast)
        {
            await Task.WhenAny(child.Ended, Task.Delay(Pause)).ConfigureAwait(false);
            // A command may end while the state is being read, which may be older than its end.
            isLast = child.Ended.IsCompleted;
            await ObserveAsync().ConfigureAwait(false);
            var isLongInDoubt = _watch.UnsafeSince is { } since && window.Clock.Now - since > MaxDoubt;
            if (!window.Progress.Plan.StopIfUnsafe || HasStopped || child.Ended.IsCompleted || !(HasSeenDanger || isLongInDoubt))
                continue;
            HasStopped = true;
            Report(new DowntimeEvent(window.Clock.Now, DowntimeEventKind.Danger, "The command is being terminated (--stop-if-unsafe)"));
            await child.TerminateAsync().ConfigureAwait(false);
        }
    }

    private async Task ObserveAsync()
    {
        FleetDocument fleet;
        try
        {
            fleet = await window.FleetAsync().ConfigureAwait(false);
        }
        catch (CommandFailedException failed)
        {
            ReportUnreachable(failed.Message);
            return;
        }

        if (_isUnreachableReported)
            Report(new DowntimeEvent(window.Clock.Now, DowntimeEventKind.Warning, "The instance responds again. Watching the verdict"));
        (_unreachableSince, _isUnreachableReported) = (null, false);
        if (window.Progress.Owns(fleet.Current))
            window.File.Save(window.Progress with { Latest = fleet });
        await ExtendAsync(fleet.Current).ConfigureAwait(false);
        foreach (var found in _watch.Observe(fleet))
        {
            HasSeenDanger |= found.Kind == DowntimeEventKind.Danger;
            Report(found);
        }
    }

    private async Task ExtendAsync(ModeDocument mode)
    {
        var (plan, extensions) = (window.Progress.Plan, window.Progress.Extensions);
        if (plan.ExtendBy is not { } by || mode.Until is not { } until || until - mode.Now > ExtendBefore || extensions >= plan.ExtendTimes)
            return;
        if (!window.Progress.Owns(mode))
            return;
        var sent = new ModeChangeDocument { ExtendBy = by, By = plan.By };
        // Counted first: an extension whose response is lost may have been made.
        window.File.Save(window.Progress with { Extensions = extensions + 1 });
        try
        {
            var change = await window
                .Client.AskAsync(
                    HttpMethod.Patch,
                    "/mode",
                    ManagementJson.Default.ChangeDocument,
                    JsonSerializer.Serialize(sent, ManagementJson.Default.ModeChangeDocument),
                    mode.Version.Number
                )
                .ConfigureAwait(false);
            var end = change.Mode.Until is { } later ? ReportTime.Full(later) : "(none)";
            Report(
                new DowntimeEvent(
                    window.Clock.Now,
                    DowntimeEventKind.Warning,
                    $"The announced end was extended by {by} to {end} (extension {extensions + 1} of at most {plan.ExtendTimes})"
                )
            );
        }
        catch (CommandFailedException failed)
        {
            Report(
                new DowntimeEvent(window.Clock.Now, DowntimeEventKind.Warning, $"The announced end could not be extended: {failed.Message}")
            );
        }
    }

    // Nothing is known to be wrong: the command keeps running, also with --stop-if-unsafe.
    private void ReportUnreachable(string problem)
    {
        _unreachableSince ??= TimeProvider.System.GetTimestamp();
        var silence = TimeProvider.System.GetElapsedTime(_unreachableSince.Value);
        if (_isUnreachableReported || silence < TimeSpan.FromSeconds(3))
            return;
        _isUnreachableReported = true;
        Report(
            new DowntimeEvent(
                window.Clock.Now,
                DowntimeEventKind.Warning,
                $"The verdict has been unavailable for {DurationText.ToTheSecond(silence)}: {problem}"
            )
        );
    }

    private void Report(DowntimeEvent found)
    {
        window.File.Save(window.Progress with { Events = window.Progress.Events.Add(found) });
        window.Console.Alarm(found);
    }
}
