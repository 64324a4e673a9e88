using System.CommandLine;
using System.Globalization;
using Router.Cli.Downtime;
using Router.Configuration;
using Router.Management;
using Router.Modes;
using Router.Reports;
using static Router.Cli.OperatorCommand;
using static Router.Cli.OperatorOptions;

namespace Router.Cli;

/// <summary><c>router downtime</c>: the whole window as one command.</summary>
internal static class DowntimeCommand
{
    public const string Name = "downtime";

    // Progress files older than this are abandoned.
    private static readonly TimeSpan Retention = TimeSpan.FromDays(30);

    public static Command Build()
    {
        var downtime = new Command(
            Name,
            "Closes the site, waits for SAFE, runs a command, checks the site, opens it, and reports the whole window."
        )
        {
            DowntimeOptions.Command,
            DowntimeOptions.Mode,
            Until,
            Reason,
            Ticket,
            By,
            Expect,
            CutAfter,
            WaitTimeout,
            DowntimeOptions.ExtendBy,
            DowntimeOptions.ExtendTimes,
            DowntimeOptions.StopIfUnsafe,
            DowntimeOptions.Check,
            DowntimeOptions.CheckVia,
            DowntimeOptions.Reopen,
            StageOptions.Stages,
            StageOptions.Every,
            StageOptions.FallBackAbove,
            StageOptions.AtLeast,
            StageOptions.Apis,
            DowntimeOptions.Report,
            DowntimeOptions.State,
            DowntimeOptions.Resume,
            DowntimeOptions.Rerun,
            DowntimeOptions.CommandDone,
            Url,
            TokenFile,
        };
        downtime.SetAction((parsed, _) => GuardAsync(parsed, client => RunAsync(parsed, client), isVerdict: true));
        return downtime;
    }

    private static async Task<int> RunAsync(ParseResult parsed, ManagementClient client)
    {
        var directory = Path.GetFullPath(
            parsed.GetValue(DowntimeOptions.State) ?? ProgressFile.DefaultDirectory(Environment.GetEnvironmentVariable)
        );
        var console = new DowntimeConsole(parsed.InvocationConfiguration.Error);
        using var signals = new DowntimeSignals();
        try
        {
            using var file = parsed.GetValue(DowntimeOptions.Resume)
                ? await DowntimeResumption.OpenAsync(parsed, client, directory, console).ConfigureAwait(false)
                : Start(parsed, directory);
            return await new DowntimeRun(new DowntimeWindow(client, file, console, signals)).RunAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is UnauthorizedAccessException || (error is IOException io && !OperatorConsole.IsClosed(io)))
        {
            throw new CommandFailedException(
                ExitCode.NotDone,
                $"The progress of the downtime can't be kept in {directory}: {error.Message.TrimEnd('.')}. Give another directory with "
                    + $"--state."
            );
        }
    }

    private static ProgressFile Start(ParseResult parsed, string directory)
    {
        var plan = DowntimeOptions.PlanOf(parsed, ModeChangeCall.Time(parsed, Until, parsed.InvocationConfiguration.Error));
        if (parsed.GetValue(DowntimeOptions.Rerun) || parsed.GetValue(DowntimeOptions.CommandDone))
            throw new CommandFailedException(ExitCode.WrongUse, "--rerun and --command-done go with --resume.");
        if (plan.Command is not [var program, ..])
            throw new CommandFailedException(
                ExitCode.WrongUse,
                "There is no command. Give it after --, such as: router downtime --until +90m -- ./restore.sh production.dump"
            );
        if (ChildCommand.FindProgram(program, Environment.GetEnvironmentVariable("PATH")) is null)
            throw new CommandFailedException(
                ExitCode.WrongUse,
                $"Program '{program}' was not found or is not executable. Nothing was changed. Give its path, and make it executable."
            );
        CheckReopening(plan);
        DeleteOldProgress(directory);
        var id = string.Create(CultureInfo.InvariantCulture, $"{DateTimeOffset.UtcNow:yyyyMMdd'T'HHmmss'Z'}-{Environment.ProcessId}");
        return ProgressFile.Create(
            directory,
            new DowntimeProgress
            {
                Id = id,
                Plan = plan,
                Step = DowntimeStep.Closing,
                Host = Environment.MachineName,
            }
        );
    }

    /// <summary>Rejects a <c>--reopen</c> mode that opens nothing.</summary>
    public static void CheckReopening(DowntimePlan plan)
    {
        if (
            plan.Reopen is { } name
            && ModeCatalogue.TryFind(name, out var mode)
            && ModeCatalogue.TryFind(plan.Mode, out var closed)
            && !mode.Opens(closed)
        )
            throw new CommandFailedException(
                ExitCode.WrongUse,
                $"--reopen {name} opens nothing that {plan.Mode} closes. Choose another mode, or --reopen {DowntimeOptions.StayClosed}."
            );
        // At the end of the window, possibly nobody is there to correct them.
        var errors = new ValidationErrors();
        var stages = plan.Stages.AddTo(new ModeChangeDocument { Mode = plan.Reopen }).ToChange(DateTimeOffset.UtcNow, errors).Stages;
        if (stages is not null && !errors.Any)
            ReopeningChanges.Check(stages, errors);
        if (errors.Any)
            throw new CommandFailedException(ExitCode.WrongUse, string.Join('\n', errors.All.Select(error => $"--{error}")));
        if (stages is not null && plan.Reopen is null)
            throw new CommandFailedException(
                ExitCode.WrongUse,
                $"--stages is given with --reopen {DowntimeOptions.StayClosed}. Leave one of them out."
            );
    }

    private static void DeleteOldProgress(string directory)
    {
        foreach (
            var (path, _) in ProgressFile.List(directory).Where(found => File.GetLastWriteTimeUtc(found.Path) < DateTime.UtcNow - Retention)
        )
        {
            using var file = ProgressFile.TryOpen(path);
            file?.Delete();
        }
    }
}
