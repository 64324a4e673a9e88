using Router.Pages;
using Router.Serving;

namespace Router.Management;

/// <summary>Reloads the configuration and reports the result.</summary>
public sealed class ReloadEndpoint(Reloader reloader)
{
    public void MapTo(WebApplication app) => app.MapMethods("/reload", ["POST"], (RequestDelegate)ReloadAsync);

    private async Task ReloadAsync(HttpContext context)
    {
        var result = await reloader.ReloadAsync("the management interface", context.RequestAborted).ConfigureAwait(false);
        await ReadableJson
            .WriteAsync(
                context,
                new ReloadDocument(
                    result.IsAccepted,
                    result.Summary,
                    result.Changes,
                    result.AfterRestart,
                    result.Routes,
                    [.. result.Errors.Select(ValidationErrorDocument.Of)]
                ),
                ManagementJson.Default.ReloadDocument
            )
            .ConfigureAwait(false);
    }
}
