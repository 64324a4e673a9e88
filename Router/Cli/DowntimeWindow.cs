using System.Text.Json;
using Router.Cli.Downtime;
using Router.Configuration;
using Router.Management;
using Router.Modes;
using Router.Reports;

namespace Router.Cli;

/// <summary>What the steps of a downtime share: the progress, the fleet, the tool's own lines, and how the run ends.</summary>
internal sealed class DowntimeWindow(ManagementClient client, ProgressFile file, DowntimeConsole console, DowntimeSignals signals)
{
    public ManagementClient Client => client;

    public ProgressFile File => file;

    public DowntimeConsole Console => console;

    public DowntimeSignals Signals => signals;

    public DowntimeClock Clock { get; } = new();

    public DowntimeProgress Progress => file.Progress;

    public DowntimePlan Plan => file.Progress.Plan;

    /// <summary>How the run ended, in one line.</summary>
    public string Outcome { get; private set; } = "";

    /// <summary>The commands with which an operator may continue.</summary>
    public IReadOnlyList<string> Next { get; private set; } = [];

    /// <summary>The message, with its commands extended to address the same fleet and the same progress.</summary>
    public static string Hint(ManagementClient client, string directory, string message) =>
        client.Hint(
            directory == ProgressFile.DefaultDirectory(Environment.GetEnvironmentVariable)
                ? message
                : message.Replace("router downtime", $"router downtime --state {directory}", StringComparison.Ordinal)
        );

    /// <summary>The message, with its commands extended to address the same fleet and the same progress.</summary>
    public string Hint(string message) => Hint(client, file.Folder, message);

    public string StateCommand => StateCommands.Show(Plan.Expect);

    public string WaitCommand => StateCommands.Wait(Plan.Expect);

    /// <summary>The fleet now.</summary>
    public async Task<FleetDocument> FleetAsync()
    {
        var fleet = await OperatorCommand.FleetAsync(client, Plan.Expect).ConfigureAwait(false);
        Clock.See(fleet.Current.Now);
        return fleet;
    }

    /// <summary>Sets a mode, if nobody has changed it since a version.</summary>
    public Task<ChangeDocument> SetAsync(ModeChangeDocument sent, long version) =>
        client.AskAsync(
            HttpMethod.Put,
            "/mode",
            ManagementJson.Default.ChangeDocument,
            JsonSerializer.Serialize(sent, ManagementJson.Default.ModeChangeDocument),
            version
        );

    /// <summary>Waits for the state that a change leads to.</summary>
    public async Task<VerdictWaitEnd> WaitAsync(ModeDocument set)
    {
        var timeout = OptionParsers.Duration(Plan.Timeout);
        var wait = new VerdictWait(client, Plan.Expect, timeout, new DrainDisplay(console.Output, width: null, TimeProvider.System));
        var end = await wait.ForAsync(set, signals.Token).ConfigureAwait(false);
        Clock.See(end.Fleet.Current.Now);
        return end;
    }

    /// <summary>Whether the mode belongs to this downtime: its window is in force, or set and not in force yet.</summary>
    public bool IsOwn(ModeDocument mode) =>
        Progress.Owns(mode) || (mode is { Window: null, Goal: { } goal } && mode.Version >= Progress.Made && goal.Mode == Plan.Mode);

    /// <summary>Records a step before it begins, and prints it.</summary>
    public void Enter(DowntimeStep step, string text)
    {
        file.Save(Progress with { Step = step });
        Note(DowntimeEventKind.Step, text);
    }

    /// <summary>Records an event and prints it.</summary>
    public void Note(DowntimeEventKind kind, string text)
    {
        file.Save(Progress with { Events = Progress.Events.Add(new DowntimeEvent(Clock.Now, kind, text)) });
        console.Say(text);
    }

    /// <summary>The run ends here; returns the exit code.</summary>
    public int End(int code, string outcome, params IReadOnlyList<string> next)
    {
        (Outcome, Next) = (outcome, next);
        return code;
    }

    /// <summary>A signal ends the run; the site is left as it is.</summary>
    public int Interrupted()
    {
        var text = $"Interrupted at the step '{Progress.Step.JsonName()}'";
        Note(DowntimeEventKind.Warning, text);
        return Leave(signals.ExitCode, text);
    }

    /// <summary>Ends this run of the tool in the middle of the window.</summary>
    public int Leave(int code, string why) => End(code, $"{why}. The site is left as it is", StateCommand, ResumeCommands.Resume);

    /// <summary>Somebody else has changed the mode: the window is no longer this tool's.</summary>
    public int Lost(FleetDocument fleet)
    {
        var text =
            $"the mode is {fleet.Mode} since {ReportTime.Full(fleet.Current.Since)}, set by {fleet.Current.By ?? OperatorText.Unnamed}";
        Note(DowntimeEventKind.Danger, $"The window is not in force any more: {text}");
        return End(ExitCode.NotDone, $"The window is not in force any more: {text}", StateCommand, "router mode history");
    }
}
