using System.CommandLine;
using Router.Management;
using static Router.Cli.OperatorCommand;
using static Router.Cli.OperatorOptions;

namespace Router.Cli;

/// <summary><c>router mode</c>: shows the mode, the instances and the verdict.</summary>
internal static class ModeCommand
{
    private static readonly Option<bool> Watch = new("--watch") { Description = "Refreshes every second until Ctrl+C." };

    public static Command Build()
    {
        var mode = new Command("mode", "Shows the current mode, the instances, and whether a restore may begin.")
        {
            Url,
            TokenFile,
            Json,
            Watch,
            Expect,
            Wait,
            WaitTimeout,
        };
        mode.SetAction((parsed, stop) => GuardAsync(parsed, client => ShowAsync(parsed, client, stop), isVerdict: !parsed.GetValue(Watch)));
        mode.Add(SetCommand.Build());
        mode.Add(StagesCommand.Build());
        mode.Add(ExtendCommand.Build());
        mode.Add(CancelCommand.Build());
        mode.Add(HistoryCommand.Build());
        mode.Add(ReportCommand.Build());
        return mode;
    }

    private static async Task<int> ShowAsync(ParseResult parsed, ManagementClient client, CancellationToken stop)
    {
        if (parsed.GetValue(Wait))
            return await WaitForSafeAsync(parsed, client, stop).ConfigureAwait(false);
        while (true)
        {
            var fleet = await FleetAsync(parsed, client).ConfigureAwait(false);
            if (parsed.GetValue(Watch) && ToolContext.Of(parsed).Width is not null && !parsed.GetValue(Json))
                Console.Clear();
            Print(parsed, fleet, ManagementJson.Default.FleetDocument, ModeReport.Write);
            // So that "router mode && restore" starts nothing that is not safe.
            if (!parsed.GetValue(Watch))
                return fleet.Safe ? 0 : ExitCode.NotDone;
            await Task.Delay(TimeSpan.FromSeconds(1), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested)
                return 0;
        }
    }

    // Waits for another operator's switch, or continues after another wait gave up. Only SAFE is a success: what follows may be a restore.
    private static async Task<int> WaitForSafeAsync(ParseResult parsed, ManagementClient client, CancellationToken stop)
    {
        var set = (await FleetAsync(parsed, client).ConfigureAwait(false)).Current;
        var end = await VerdictWait.RunAsync(parsed, client, set, stop).ConfigureAwait(false);
        return end is { IsReached: true, Fleet.Safe: true } ? 0 : ExitCode.NotDone;
    }
}
