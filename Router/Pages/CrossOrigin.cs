using System.Collections.Immutable;
using Microsoft.Extensions.Primitives;
using Router.Http;

namespace Router.Pages;

/// <summary>
/// Lets scripts of certain other origins read Router's own answers (the Fetch standard, section 3.2). Without it they see a network
/// failure, and neither that the site is closed nor when to come back.
/// </summary>
public sealed class CrossOrigin(ImmutableArray<string> origins)
{
    private static readonly StringValues Exposed = new("Retry-After, " + OwnResponseWriter.ClosedHeader);

    /// <summary>Whether there is any such origin: then what is answered depends on it.</summary>
    public bool IsAllowedToAny => origins is not [];

    /// <summary>Adds the fields that let the asking origin read the answer; false where it may not, or none asks.</summary>
    public bool Apply(HttpContext context)
    {
        if (
            origins is []
            || context.Request.Headers.Origin is not [{ } origin]
            || !origins.Contains(origin, StringComparer.OrdinalIgnoreCase)
        )
            return false;
        var fields = context.Response.Headers;
        fields.AccessControlAllowOrigin = origin;
        // Without it a request with cookies could not read the answer. There is nothing of anybody's in it.
        fields.AccessControlAllowCredentials = "true";
        fields.AccessControlExposeHeaders = Exposed;
        return true;
    }

    /// <summary>Whether a browser asks for leave beforehand (the Fetch standard, CORS-preflight request).</summary>
    public static bool IsPreflight(HttpRequest request) =>
        request.Method is "OPTIONS"
        && request.Headers.ContainsKey(Microsoft.Net.Http.Headers.HeaderNames.Origin)
        && request.Headers.ContainsKey(Microsoft.Net.Http.Headers.HeaderNames.AccessControlRequestMethod);

    /// <summary>Gives leave for what is asked: the request itself then reads that the site is closed.</summary>
    public static void Allow(HttpContext context)
    {
        var (asked, fields) = (context.Request.Headers, context.Response.Headers);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        if (!HeaderSyntax.HasControls(asked.AccessControlRequestMethod))
            fields.AccessControlAllowMethods = asked.AccessControlRequestMethod;
        // The server takes control characters, and refuses to send them.
        if (asked.AccessControlRequestHeaders is { Count: > 0 } headers && !HeaderSyntax.HasControls(headers))
            fields.AccessControlAllowHeaders = headers;
    }
}
