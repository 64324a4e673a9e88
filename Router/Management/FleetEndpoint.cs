using System.Collections.Immutable;
using System.Globalization;
using Router.Configuration;
using Router.Modes;
using Router.Pages;
using Router.Switching;

namespace Router.Management;

/// <summary>Shows the fleet with its verdict, and records what an operator acknowledges.</summary>
public sealed class FleetEndpoint(
    StorePoller poller,
    Fleet fleet,
    ModeHistory history,
    ModeController modes,
    StoreHealth health,
    ModeDescriber describer,
    ChangeResponse response,
    FleetClock clock
)
{
    public void MapTo(WebApplication app)
    {
        app.MapMethods("/fleet", ["GET", "HEAD"], (RequestDelegate)ShowAsync);
        app.MapMethods("/fleet/forget", ["POST"], (RequestDelegate)ForgetAsync);
        app.MapMethods("/writes/accept", ["POST"], (RequestDelegate)AcceptWritesAsync);
    }

    private async Task ShowAsync(HttpContext context)
    {
        int? expect = null;
        if (context.Request.Query["expect"].ToString() is { Length: > 0 } text)
        {
            if (
                !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                || number is < 1 or > FleetDocument.MostExpected
            )
            {
                var error = new ValidationError(
                    "expect",
                    $"is '{text}'",
                    $"Give the number of instances, from 1 to {FleetDocument.MostExpected}"
                );
                await ManagementProblem
                    .WriteAsync(context, ManagementProblem.Invalid([error], "The request is not valid"))
                    .ConfigureAwait(false);
                return;
            }

            expect = number;
        }

        // A change that another instance has just made counts too.
        await poller.PollAsync(context.RequestAborted).ConfigureAwait(false);
        var reports = await fleet.ReadAllAsync(context.RequestAborted).ConfigureAwait(false);
        var document = Describe(reports, expect);
        document = document with
        {
            Verdict = ManagementProblem.Hint(context, document.Verdict),
            Reasons = [.. document.Reasons.Select(reason => ManagementProblem.Hint(context, reason))],
        };
        await ReadableJson.WriteAsync(context, document, ManagementJson.Default.FleetDocument).ConfigureAwait(false);
    }

    private FleetDocument Describe(IReadOnlyList<InstanceReport> reports, int? expect)
    {
        var verdict = fleet.Judge(reports, expect, health.Problem);
        var (state, now) = (modes.State, clock.GetUtcNow());
        var live = reports.Where(report => report.StateAt(now, fleet.HeartbeatExpiry) == InstanceState.Live).ToArray();
        return new FleetDocument
        {
            Mode = state.Mode.Name,
            Version = state.Record.Version,
            State = verdict.State,
            Safe = verdict.IsSafe,
            Verdict = verdict.Text,
            Reasons = [.. verdict.Reasons.Select(reason => reason.Text)],
            Remarks = verdict.Remarks,
            Agreed =
                health.Problem is null
                && live.Length == (expect ?? live.Length)
                && live.All(report => report.Confirms(state.Record, state.RecordStep)),
            Current = describer.Describe(state, reports),
            LastWrites = LastWrites(reports),
            Instances =
            [
                .. reports.Select(report => new InstanceDocument(
                    report.StateAt(now, fleet.HeartbeatExpiry),
                    Math.Round(report.AgeAt(now).TotalSeconds, 1),
                    report
                )),
            ],
        };
    }

    // The latest through any instance.
    private static ImmutableArray<BackendWrites> LastWrites(IEnumerable<InstanceReport> reports) =>
        [
            .. reports
                .SelectMany(report => report.LastWrites)
                .GroupBy(writes => writes.Backend, StringComparer.OrdinalIgnoreCase)
                .Select(group => new BackendWrites(group.Key, group.Max(writes => writes.Accepted), group.Max(writes => writes.Completed)))
                .OrderBy(writes => writes.Backend, StringComparer.OrdinalIgnoreCase),
        ];

    private async Task ForgetAsync(HttpContext context)
    {
        if (
            await ManagementBody
                .ReadAsync(
                    context,
                    (json, errors) => ForgetRequestDocument.Read(json, ManagementJson.Default.ForgetRequestDocument, errors)
                )
                .ConfigureAwait(false)
            is not { } request
        )
            return;
        await ManagementProblem
            .WithStoreAsync(
                context,
                async () =>
                {
                    var forgotten = await fleet
                        .AcknowledgeAsync(request.Instance!, request.By ?? "an unnamed operator", context.RequestAborted)
                        .ConfigureAwait(false);
                    if (forgotten is [])
                    {
                        await ManagementProblem
                            .WriteAsync(
                                context,
                                ProblemDetails.Of(
                                    "not-vanished",
                                    "Nothing was changed",
                                    StatusCodes.Status409Conflict,
                                    $"No instance called '{request.Instance}' has vanished. To see the instances: router mode"
                                )
                            )
                            .ConfigureAwait(false);
                        return;
                    }

                    foreach (var report in forgotten)
                    {
                        var text = string.Create(
                            CultureInfo.InvariantCulture,
                            $"{report.Id}, last seen {report.At.UtcDateTime:yyyy-MM-dd HH:mm:ss'Z'}, {report.OpenWriteCount} writes in flight then"
                        );
                        history.Add(history.EntryOf(HistoryKind.Forgotten, modes.State.Record, new ChangeNote(request.By, text)));
                    }

                    var document = new ForgetDocument([.. forgotten.Select(report => report.Id)]);
                    await ReadableJson.WriteAsync(context, document, ManagementJson.Default.ForgetDocument).ConfigureAwait(false);
                }
            )
            .ConfigureAwait(false);
    }

    private async Task AcceptWritesAsync(HttpContext context)
    {
        if (
            await ManagementBody
                .ReadAsync(context, (json, errors) => AcceptWritesDocument.Read(json, ManagementJson.Default.AcceptWritesDocument, errors))
                .ConfigureAwait(false)
            is not { } request
        )
            return;
        var change = new ChangeRequest(
            HistoryKind.Accepted,
            (state, now, _, _) => ModeChanges.AcceptWrites(state.Record, state.Index, now)
        );
        var text = request.Note is { Length: > 0 } note ? note : "writes of unknown outcome";
        await response.WriteAsync(context, change with { Note = new ChangeNote(request.By, text) }).ConfigureAwait(false);
    }
}
