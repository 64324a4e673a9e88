using System.CommandLine;
using Router.Cli.Downtime;
using Router.Configuration;
using Router.Management;
using Router.Modes;
using Router.Reports;

namespace Router.Cli;

/// <summary><c>router downtime --resume</c>: finds the window in force, and decides at which step to continue.</summary>
internal static class DowntimeResumption
{
    /// <summary>Opens the progress of the window in force, with its next step.</summary>
    public static async Task<ProgressFile> OpenAsync(ParseResult parsed, ManagementClient client, string directory, DowntimeConsole console)
    {
        if (parsed.GetValue(DowntimeOptions.Command) is { Length: > 0 })
            throw new CommandFailedException(
                ExitCode.WrongUse,
                "--resume takes no command: it continues the one that the downtime was started with."
            );
        if (DowntimeOptions.OfTheStart.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } given)
            throw new CommandFailedException(
                ExitCode.WrongUse,
                $"{given.Name} does not apply to --resume: the mode is set. To change what is announced: router mode extend."
            );
        var fleet = await OperatorCommand.FleetAsync(client, null).ConfigureAwait(false);
        var file = Find(fleet, client, directory);
        try
        {
            var progress = file.Progress with { Plan = DowntimeOptions.Amended(file.Progress.Plan, parsed) };
            DowntimeCommand.CheckReopening(progress.Plan);
            var step = NextStep(progress, file.WindowFile, parsed, text => DowntimeWindow.Hint(client, directory, text));
            var how =
                parsed.GetValue(DowntimeOptions.Rerun) ? ", to run the command again"
                : parsed.GetValue(DowntimeOptions.CommandDone) ? ", with the command as done"
                : "";
            var text = $"{OperatorCommand.NameOfOperator(parsed)} resumes at the step '{step.JsonName()}'{how}";
            var resumed = new DowntimeEvent(fleet.Current.Now, DowntimeEventKind.Step, text);
            file.Save(progress with { Step = step, Events = progress.Events.Add(resumed) });
            console.Say(text);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static ProgressFile Find(FleetDocument fleet, ManagementClient client, string directory)
    {
        var window = fleet.Current.Window;
        // The site may be open because the tool ended while it was opening it.
        var found = ProgressFile
            .List(directory)
            .FirstOrDefault(it =>
                window is null
                    ? it.Progress.Step == DowntimeStep.Reopening && it.Progress.Plan.Reopen == fleet.Mode
                    : it.Progress.Owns(fleet.Current)
            );
        if (found.Progress is null && window is null)
            throw new CommandFailedException(
                ExitCode.NotDone,
                $"There is no window to resume: the site is {fleet.Mode} since {ReportTime.Full(fleet.Current.Since)}, set by "
                    + $"{fleet.Current.By ?? OperatorText.Unnamed}."
            );
        if (found.Progress is null)
            throw new CommandFailedException(
                ExitCode.NotDone,
                client.Hint(
                    $"The window {window} is in force ({fleet.Mode}, by {fleet.Current.By ?? OperatorText.Unnamed}), but {directory} "
                        + $"has no saved progress for it. Resume it on the machine and as the user that started it, or finish it by "
                        + $"hand: router mode, then router mode set live"
                )
            );
        return ProgressFile.TryOpen(found.Path)
            ?? throw new CommandFailedException(
                ExitCode.NotDone,
                $"The downtime of the window {window} is running on this machine ({found.Path} is locked). Wait for it, or end that tool "
                    + $"first."
            );
    }

    // The command is never run twice unless the operator asks for it.
    private static DowntimeStep NextStep(DowntimeProgress progress, string windowFile, ParseResult parsed, Func<string, string> hint)
    {
        var (rerun, isDone) = (parsed.GetValue(DowntimeOptions.Rerun), parsed.GetValue(DowntimeOptions.CommandDone));
        if (rerun && isDone)
            throw new CommandFailedException(ExitCode.WrongUse, "Give either --rerun or --command-done.");
        if (progress.Step != DowntimeStep.Running)
        {
            if (rerun && progress.Step == DowntimeStep.Checking)
                return DowntimeStep.Waiting;
            if (rerun || isDone)
                throw new CommandFailedException(
                    ExitCode.WrongUse,
                    $"The window is at the step '{progress.Step.JsonName()}', where {(rerun ? "--rerun" : "--command-done")} does not "
                        + $"apply. Leave it out."
                );
            return progress.Step;
        }

        var command = string.Join(' ', progress.Plan.Command);
        // By the variable too: the tool may have been killed before it wrote down the process, and a process may outlive its parent.
        var process =
            progress is { CommandEnded: null, Process: { IsOfThisBoot: true } known } && !known.HasEnded() ? known.Pid : (int?)null;
        if ((process ?? ProcessTree.FindByVariable(CommandStep.WindowFileVariable, windowFile)) is { } pid)
            throw new CommandFailedException(
                ExitCode.NotDone,
                $"The command still runs: {command} (process {pid}). Wait until it has ended, or end it; then resume."
            );
        if (rerun)
            return DowntimeStep.Waiting;
        if (isDone)
            return DowntimeStep.Checking;
        var why = progress.ExitCode is { } code
            ? $"The command ended with {code}"
            : "The tool ended while the command ran, and the command's exit code is unknown";
        throw new CommandFailedException(
            ExitCode.NotDone,
            hint(
                $"{why}: {command}. The site is still closed. Check what the command has done, then run it again with: "
                    + $"{ResumeCommands.Rerun}, or continue with the checks and the opening with: {ResumeCommands.CommandDone}"
            )
        );
    }
}
