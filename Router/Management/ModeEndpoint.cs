using Router.Configuration;
using Router.Modes;
using Router.Pages;
using Router.Switching;

namespace Router.Management;

/// <summary>Shows and changes the mode.</summary>
public sealed class ModeEndpoint(ModeController modes, ModeDescriber describer, ChangeResponse response, FleetClock clock)
{
    public void MapTo(WebApplication app)
    {
        app.MapMethods("/mode", ["GET", "HEAD"], (RequestDelegate)ShowAsync);
        app.MapMethods("/mode", ["PUT"], (RequestDelegate)SetAsync);
        app.MapMethods("/mode", ["PATCH"], (RequestDelegate)AmendAsync);
        app.MapMethods("/mode/next", ["DELETE"], (RequestDelegate)CancelAsync);
    }

    private Task ShowAsync(HttpContext context)
    {
        var state = modes.State;
        ChangeResponse.SetVersion(context, state.Record);
        return ReadableJson.WriteAsync(context, describer.Describe(state), ManagementJson.Default.ModeDocument);
    }

    private Task SetAsync(HttpContext context) =>
        ChangeAsync(
            context,
            HistoryKind.Set,
            (change, errors) =>
            {
                if (change.Mode is null && !errors.Any)
                    errors.Add("mode", "is not given", $"Choose one of {ModeCatalogue.Names}");
            }
        );

    private Task AmendAsync(HttpContext context) =>
        ChangeAsync(
            context,
            HistoryKind.Extended,
            (change, errors) =>
            {
                if (change.Mode is not null)
                    errors.Add(
                        "mode",
                        "is given",
                        "Send PUT to set another mode; PATCH changes the end, reason or ticket of the current or scheduled one"
                    );
            }
        );

    private async Task ChangeAsync(HttpContext context, HistoryKind kind, Action<ModeChange, ValidationErrors> check)
    {
        var change = await ManagementBody
            .ReadAsync(
                context,
                (json, errors) =>
                {
                    var read = ModeChangeDocument
                        .Read(json, ManagementJson.Default.ModeChangeDocument, errors)
                        .ToChange(clock.GetUtcNow(), errors);
                    check(read, errors);
                    return read;
                }
            )
            .ConfigureAwait(false);
        if (change is null)
            return;
        var request = new ChangeRequest(
            kind,
            (state, now, delay, errors) => ModeChanges.Apply(state.Record, state.Index, change, now, delay, errors)
        );
        await response.WriteAsync(context, request, change.Mode).ConfigureAwait(false);
    }

    /// <summary>Who sends a request that has no body; null if it does not say.</summary>
    public static string? OperatorOf(HttpContext context) => context.Request.Query["by"].ToString() is { Length: > 0 } name ? name : null;

    private Task CancelAsync(HttpContext context) =>
        response.WriteAsync(
            context,
            new ChangeRequest(HistoryKind.Cancelled, (state, now, _, errors) => ModeChanges.Cancel(state.Record, state.Index, now, errors))
            {
                Note = new ChangeNote(OperatorOf(context)),
            }
        );
}
