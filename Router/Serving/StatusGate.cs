using System.Net;
using Router.Access;
using Router.Pages;

namespace Router.Serving;

/// <summary>
/// Keeps clients that may not read them from the status and the metrics on the site's port. A health check needs no more than the status
/// code, and platforms send it from addresses that nobody lists: it gets a response from everywhere.
/// </summary>
public sealed class StatusGate(CurrentSite site)
{
    /// <summary>Lets a request for one of Router's own paths through, or responds to it.</summary>
    public Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        var current = site.Current;
        if (current.StatusAccess.IsForEveryone)
            return next(context);
        var client = ClientAddress.Of(
            context.Connection.RemoteIpAddress ?? IPAddress.None,
            context.Request.Headers["X-Forwarded-For"],
            current.TrustedProxies
        );
        return current.StatusAccess.Allows(client) ? next(context)
            : context.Request.Path == "/_metrics" ? RefuseAsync(context)
            : ReadableJson.WriteAsync(context, HealthDocument.Ok, StatusJson.Default.HealthDocument);
    }

    private static Task RefuseAsync(HttpContext context) =>
        ReadableJson.WriteAsync(
            context,
            ProblemDetails.Of(
                "status-access",
                "Not for this client",
                StatusCodes.Status403Forbidden,
                "Router:StatusAccess does not allow this client to read the metrics. They are also on the management interface at "
                    + "/_metrics."
            ),
            ProblemJson.Default.ProblemDetails,
            StatusCodes.Status403Forbidden,
            ProblemDetails.MediaType
        );
}
