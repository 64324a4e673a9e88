namespace Router.Management;

/// <summary>Steers a reopening in stages: begins the next stage at once, stops it at its stage, or lets it go on.</summary>
public sealed class StagesEndpoint(ChangeResponse response)
{
    public void MapTo(WebApplication app) => app.MapMethods("/mode/stages", ["POST"], (RequestDelegate)SteerAsync);

    private async Task SteerAsync(HttpContext context)
    {
        var action = await ManagementBody
            .ReadAsync(context, (json, errors) => StageActionDocument.Read(json, ManagementJson.Default.StageActionDocument, errors))
            .ConfigureAwait(false);
        if (action is not null)
            await response.WriteAsync(context, action.ToChange()).ConfigureAwait(false);
    }
}
