using System.Text.Json;
using Router.Cli.Downtime;
using Router.Management;
using Router.Reports;

namespace Router.Cli;

/// <summary>The fourth step of a downtime: checks the closed site through its own bypass, which ends with the checks.</summary>
internal static class CheckingStep
{
    public static async Task<int?> RunAsync(DowntimeWindow window)
    {
        var plan = window.Plan;
        if (plan.Checks is not [])
        {
            await CheckAsync(window).ConfigureAwait(false);
            if (window.Signals.Token.IsCancellationRequested)
                return window.Interrupted();
            var results = window.Progress.Checks;
            if (results.Count(check => !check.Passed) is > 0 and var failed)
            {
                var failure = results.Length == 1 ? "The check failed" : $"{failed} of {results.Length} checks failed";
                window.Note(DowntimeEventKind.Warning, failure);
                string[] next = [ResumeCommands.Resume, ResumeCommands.Rerun, "router mode set live"];
                return window.End(ExitCode.NotDone, $"{failure}. The site stays closed", next);
            }

            window.Note(DowntimeEventKind.Step, results.Length == 1 ? "The check passed" : $"All {results.Length} checks passed");
        }

        if (plan.Reopen is null)
        {
            // Nobody may have seen an opening while no instance responded.
            var fleet = await window.FleetAsync().ConfigureAwait(false);
            if (!window.IsOwn(fleet.Current))
                return window.Lost(fleet);
            window.Enter(DowntimeStep.Done, "The site stays closed, as requested");
            return window.End(0, $"The command is done. The site stays in {plan.Mode}, as requested", "router mode set live");
        }

        window.Enter(DowntimeStep.Reopening, $"Opening the site: {plan.Reopen}");
        return null;
    }

    private static async Task CheckAsync(DowntimeWindow window)
    {
        var (client, plan) = (window.Client, window.Plan);
        var sent = new BypassRequestDocument("15m", null, $"checks of the downtime {window.Progress.Id}", plan.By);
        var json = JsonSerializer.Serialize(sent, ManagementJson.Default.BypassRequestDocument);
        var bypass = await client.AskAsync(HttpMethod.Post, "/bypass", ManagementJson.Default.BypassDocument, json).ConfigureAwait(false);
        window.File.Save(window.Progress with { Checks = [] });
        try
        {
            // The balancer may send a check to any instance.
            await new FleetWait(window.FleetAsync, FleetWait.DefaultLimit)
                .MissingAsync(fleet => fleet.Current.Bypasses.Any(it => it.Id == bypass.Id), window.Signals.Token)
                .ConfigureAwait(false);
            using var checker = new SiteChecker(bypass.Token, plan.CheckVia is { } via ? new Uri(via) : null);
            foreach (var text in plan.Checks)
            {
                if (window.Signals.Token.IsCancellationRequested)
                    break;
                if (!SiteCheck.TryParse(text, out var check))
                    throw new CommandFailedException(ExitCode.WrongUse, $"--check is '{text}'. Give {SiteCheck.Form}.");
                var result = await checker.CheckAsync(check, window.Signals.Token).ConfigureAwait(false);
                window.File.Save(window.Progress with { Checks = window.Progress.Checks.Add(result) });
                window.Console.Say($"Check {(result.Passed ? "passed" : "FAILED")}: {result.Url} {result.Text}");
            }
        }
        finally
        {
            await client
                .AskAsync(
                    HttpMethod.Delete,
                    $"/bypass/{bypass.Id}?by={Uri.EscapeDataString(plan.By)}",
                    ManagementJson.Default.ChangeDocument
                )
                .ConfigureAwait(false);
        }
    }
}
