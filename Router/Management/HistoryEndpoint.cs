using Router.Pages;
using Router.Switching;

namespace Router.Management;

/// <summary>Shows the history.</summary>
public sealed class HistoryEndpoint(ModeHistory history)
{
    public void MapTo(WebApplication app) => app.MapMethods("/history", ["GET", "HEAD"], (RequestDelegate)ShowAsync);

    private Task ShowAsync(HttpContext context) =>
        ManagementProblem.WithStoreAsync(
            context,
            async () =>
            {
                var entries = await history.ReadAsync(context.RequestAborted).ConfigureAwait(false);
                await ReadableJson
                    .WriteAsync(context, new HistoryDocument([.. entries]), ManagementJson.Default.HistoryDocument)
                    .ConfigureAwait(false);
            }
        );
}
