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

    private Task SetAsync(HttpContext context) => ChangeAsync(context, HistoryKind.Set, (change, faults) =>
    {
        if (change.Mode is null && !faults.Any)
            faults.Add("mode", "is not given", $"Choose one of {ModeCatalogue.Names}");
    });

    private Task AmendAsync(HttpContext context) => ChangeAsync(context, HistoryKind.Extended, (change, faults) =>
    {
        if (change.Mode is not null)
            faults.Add("mode", "is given", "Send PUT to set another mode; PATCH changes the end, reason or ticket of the current or scheduled one");
    });

    private async Task ChangeAsync(HttpContext context, HistoryKind kind, Action<ModeChange, ValidationErrors> check)
    {
        var change = await ManagementBody.ReadAsync(context, (json, faults) =>
        {
            var read = ModeChangeDocument.Read(json, ManagementJson.Default.ModeChangeDocument, faults).ToChange(clock.GetUtcNow(), faults);
            check(read, faults);
            return read;
        }).ConfigureAwait(false);
        if (change is null)
            return;
        var request = new ChangeRequest(kind, (state, now, delay, faults) => ModeChanges.Apply(state.Record, state.Index, change, now, delay, faults));
        await response.WriteAsync(context, request, change.Mode).ConfigureAwait(false);
    }

    private Task CancelAsync(HttpContext context) => response.WriteAsync(
        context, new ChangeRequest(HistoryKind.Cancelled, (state, now, _, faults) => ModeChanges.Cancel(state.Record, state.Index, now, faults)));
}
