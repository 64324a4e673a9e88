using Router.Configuration;
using Router.Reports;

namespace Router.Cli;

/// <summary>
/// Runs a downtime from its current step to its end. Each step is recorded before it begins. Whatever ends the tool leaves the site as it
/// is.
/// </summary>
internal sealed class DowntimeRun(DowntimeWindow window)
{
    /// <summary>Runs it, and returns the exit code.</summary>
    public async Task<int> RunAsync()
    {
        window.File.Unwritable = window.Console.Unwritable;
        try
        {
            int? code = null;
            while (code is null)
                code = await StepAsync().ConfigureAwait(false);
            return await EndAsync(code.Value).ConfigureAwait(false);
        }
        catch (CommandFailedException) when (window.Progress is { Step: DowntimeStep.Closing, Made.IsStored: false })
        {
            // Nothing was sent: there is nothing to resume.
            window.File.Delete();
            throw;
        }
        catch (CommandFailedException failed)
        {
            window.Note(DowntimeEventKind.Warning, failed.Message);
            var outcome = $"The tool ended at the step '{window.Progress.Step.JsonName()}'";
            return await EndAsync(window.Leave(failed.Code, outcome)).ConfigureAwait(false);
        }
    }

    private Task<int?> StepAsync() =>
        window.Progress.Step switch
        {
            DowntimeStep.Closing => ClosingStep.RunAsync(window),
            DowntimeStep.Waiting => WaitingStep.RunAsync(window),
            DowntimeStep.Running => CommandStep.RunAsync(window),
            DowntimeStep.Checking => CheckingStep.RunAsync(window),
            DowntimeStep.Reopening => ReopeningStep.RunAsync(window),
            _ => Task.FromResult<int?>(0),
        };

    private async Task<int> EndAsync(int code)
    {
        var isWritten = await new DowntimeReporting(window).WriteAsync().ConfigureAwait(false);
        if (window.Progress.Step == DowntimeStep.Done)
            window.File.Delete();
        return code == 0 && !isWritten ? ExitCode.NotDone : code;
    }
}
