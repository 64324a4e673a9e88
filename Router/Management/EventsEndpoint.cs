using Router.Pages;

namespace Router.Management;

/// <summary>
/// The live state for the operator's page, as server-sent events (HTML Living Standard section 9.2): an event <c>access</c>, then
/// <c>update</c>, the first one whole and the others with what has changed, and comments while nothing changes.
/// </summary>
public sealed class EventsEndpoint(LivePublisher publisher, ManagementGuard guard, IHostApplicationLifetime lifetime)
{
    public void MapTo(WebApplication app) => app.MapMethods("/events", ["GET"], (RequestDelegate)SendAsync);

    private async Task SendAsync(HttpContext context)
    {
        if (await ExpectedInstances.ReadAsync(context).ConfigureAwait(false) is not { } expected)
            return;
        if (publisher.Subscribe(expected.Count, context.Abort) is not { } subscriber)
        {
            await ManagementProblem
                .WriteAsync(
                    context,
                    ProblemDetails.Of(
                        "too-many-pages",
                        "Too many pages are open",
                        StatusCodes.Status503ServiceUnavailable,
                        $"This instance serves {LivePublisher.MaxPages} pages. Close some, or open the page on another instance."
                    )
                )
                .ConfigureAwait(false);
            return;
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers.CacheControl = "no-store";
            var body = context.Response.BodyWriter;
            await body.WriteAsync(LiveEvents.Access(guard.IsReadOnly(context.Request)), ended.Token).ConfigureAwait(false);
            await foreach (var bytes in subscriber.Events.ReadAllAsync(ended.Token).ConfigureAwait(false))
                await body.WriteAsync(bytes, ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The page was closed, it has fallen behind, or this instance stops.
        }
        finally
        {
            publisher.Unsubscribe(subscriber);
        }
    }
}
