using System.Globalization;
using Router.Modes;
using Router.Pages;
using Router.Switching;

namespace Router.Management;

/// <summary>Shows the fleet with its verdict, and records what an operator acknowledges.</summary>
public sealed class FleetEndpoint(FleetDescriber describer, Fleet fleet, ModeHistory history, ModeController modes, ChangeResponse response)
{
    public void MapTo(WebApplication app)
    {
        app.MapMethods("/fleet", ["GET", "HEAD"], (RequestDelegate)ShowAsync);
        app.MapMethods("/fleet/forget", ["POST"], (RequestDelegate)ForgetAsync);
        app.MapMethods("/writes/accept", ["POST"], (RequestDelegate)AcceptWritesAsync);
    }

    private async Task ShowAsync(HttpContext context)
    {
        if (await ExpectedInstances.ReadAsync(context).ConfigureAwait(false) is not { } expected)
            return;
        var document = await describer.ReadAsync(expected.Count, context.RequestAborted).ConfigureAwait(false);
        document = document with
        {
            Verdict = ManagementProblem.Hint(context, document.Verdict),
            Reasons = [.. document.Reasons.Select(reason => ManagementProblem.Hint(context, reason))],
        };
        await ReadableJson.WriteAsync(context, document, ManagementJson.Default.FleetDocument).ConfigureAwait(false);
    }

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
        if (ChangeResponse.PreconditionOf(context.Request, modes.State.Record) is { } precondition)
        {
            await ManagementProblem.WriteAsync(context, precondition).ConfigureAwait(false);
            return;
        }

        await ManagementProblem
            .WithStoreAsync(
                context,
                async () =>
                {
                    var forgotten = await fleet
                        .AcknowledgeAsync(request.Instance!, request.By ?? OperatorText.Unnamed, context.RequestAborted)
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
                        var text = report.IsDated
                            ? string.Create(
                                CultureInfo.InvariantCulture,
                                $"{report.Id}, last seen {AnnouncedEnd.Text(report.At)}, {report.OpenWriteCount} writes in "
                                    + $"flight then"
                            )
                            : $"{report.Id}, whose report is damaged";
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
            (state, now, _, errors) => ModeChanges.AcceptWrites(state.Record, state.Index, now, request.Until ?? now, errors)
        );
        var text = request.Note is { Length: > 0 } note ? note : "writes of unknown outcome";
        await response.WriteAsync(context, change with { Note = new ChangeNote(request.By, text) }).ConfigureAwait(false);
    }
}
