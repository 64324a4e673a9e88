using System.Collections.Immutable;
using System.Globalization;
using Router.Answers;
using Router.Configuration;
using Router.Modes;
using Router.Switching;

namespace Router.Serving.Management;

/// <summary>Shows the fleet with its verdict, and takes an operator's word that a vanished instance has ended.</summary>
public sealed class FleetEndpoints(ModeSynchronizer synchronizer, Fleet fleet, ModeController modes, ModeEndpoints mode, FleetClock clock)
{
    /// <summary>Adds them.</summary>
    public void MapTo(WebApplication app)
    {
        app.MapMethods("/fleet", ["GET", "HEAD"], (RequestDelegate)ShowAsync);
        app.MapMethods("/fleet/forget", ["POST"], (RequestDelegate)ForgetAsync);
    }

    private async Task ShowAsync(HttpContext context)
    {
        int? expect = null;
        if (context.Request.Query["expect"].ToString() is { Length: > 0 } text)
        {
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 1 or > FleetDocument.MostExpected)
            {
                var error = new Fault("expect", $"is '{text}'", $"Give the number of instances, from 1 to {FleetDocument.MostExpected}");
                await ModeEndpoints.WriteAsync(context, ModeEndpoints.Refused([error], "This can't be answered")).ConfigureAwait(false);
                return;
            }

            expect = number;
        }

        // What another instance has just changed counts here too.
        await synchronizer.LookAsync(context.RequestAborted).ConfigureAwait(false);
        var reports = await synchronizer.ReadFleetAsync(context.RequestAborted).ConfigureAwait(false);
        var document = Describe(reports, expect);
        document = document with { Verdict = ModeEndpoints.Hint(context, document.Verdict), Reasons = [.. document.Reasons.Select(reason => ModeEndpoints.Hint(context, reason))] };
        await ReadableJson.WriteAsync(context, document, ManagementJson.Default.FleetDocument).ConfigureAwait(false);
    }

    private FleetDocument Describe(IReadOnlyList<InstanceReport> reports, int? expect)
    {
        var verdict = fleet.Judge(reports, expect, synchronizer.Problem);
        var (state, now) = (modes.State, clock.GetUtcNow());
        var live = reports.Where(report => report.StateAt(now, fleet.HeartbeatExpiry) == InstanceState.Live).ToArray();
        return new FleetDocument
        {
            Mode = state.Mode.Name,
            Version = state.Record.Version,
            State = verdict.State,
            Safe = verdict.IsSafe,
            Verdict = verdict.Text,
            Reasons = verdict.Reasons,
            Remarks = verdict.Remarks,
            Agreed = synchronizer.Problem is null && live.Length == (expect ?? live.Length) && live.All(report => report.Confirms(state.Record, state.Step)),
            Current = mode.Describe(state),
            LastWrites = LastWrites(reports),
            Instances = [.. reports.Select(report => new InstanceDocument(
                report.StateAt(now, fleet.HeartbeatExpiry).ToString().ToLowerInvariant(), Math.Round(report.AgeAt(now).TotalSeconds, 1), report))],
        };
    }

    // The latest through any instance.
    private static ImmutableArray<BackendWrites> LastWrites(IEnumerable<InstanceReport> reports) =>
    [
        .. reports.SelectMany(report => report.LastWrites).GroupBy(writes => writes.Backend, StringComparer.OrdinalIgnoreCase)
            .Select(group => new BackendWrites(group.Key, group.Max(writes => writes.Accepted), group.Max(writes => writes.Completed)))
            .OrderBy(writes => writes.Backend, StringComparer.OrdinalIgnoreCase),
    ];

    private async Task ForgetAsync(HttpContext context)
    {
        if (await ModeEndpoints.ReadJsonAsync(context).ConfigureAwait(false) is not { } body)
            return;
        var faults = new Faults();
        var (name, by) = ModeChangeReader.ReadForget(body, faults);
        if (faults.Any)
        {
            await ModeEndpoints.WriteAsync(context, ModeEndpoints.Refused(faults.All)).ConfigureAwait(false);
            return;
        }

        await ModeEndpoints.WithStoreAsync(context, async () =>
        {
            var forgotten = await fleet.AcknowledgeAsync(name, by ?? "nobody named", context.RequestAborted).ConfigureAwait(false);
            if (forgotten is [])
            {
                await ModeEndpoints.WriteAsync(context, new ProblemDocument(
                    "not-vanished", "Nothing was changed", StatusCodes.Status409Conflict,
                    $"No instance called '{name}' has vanished. See the instances and their state with: router mode")).ConfigureAwait(false);
                return;
            }

            foreach (var report in forgotten)
                synchronizer.Note("forgotten", new ChangeNote(by, string.Create(CultureInfo.InvariantCulture, $"{report.Id}, last seen {report.At.UtcDateTime:yyyy-MM-dd HH:mm:ss'Z'}, {report.OpenWriteCount} writes in flight then")));
            await ReadableJson.WriteAsync(context, new ForgetDocument([.. forgotten.Select(report => report.Id)]), ManagementJson.Default.ForgetDocument).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }
}
