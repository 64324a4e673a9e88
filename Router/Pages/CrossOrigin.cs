using System.Collections.Immutable;
using Microsoft.Extensions.Primitives;
using Router.Http;

namespace Router.Pages;

/// <summary>
/// Lets scripts of configured other origins read Router's own responses (the Fetch standard, section 3.2). Without it they see a network
/// failure, and learn neither that the site is closed nor when to retry.
/// </summary>
public sealed class CrossOrigin(ImmutableArray<string> origins)
{
    private static readonly StringValues Exposed = new("Retry-After, " + OwnResponseWriter.ClosedHeader);

    /// <summary>Whether any origin is configured: responses then vary by origin.</summary>
    public bool IsAllowedToAny => origins is not [];

    /// <summary>
    /// Adds the headers that let the requesting origin read the response; returns false if it may not, or the request has no origin.
    /// </summary>
    public bool Apply(HttpContext context)
    {
        if (
            origins is []
            || context.Request.Headers.Origin is not [{ } origin]
            || !origins.Contains(origin, StringComparer.OrdinalIgnoreCase)
        )
            return false;
        var headers = context.Response.Headers;
        headers.AccessControlAllowOrigin = origin;
        // Without it a request with cookies could not read the response. The response contains nothing personal.
        headers.AccessControlAllowCredentials = "true";
        headers.AccessControlExposeHeaders = Exposed;
        return true;
    }

    /// <summary>Whether this is a CORS preflight request (the Fetch standard, CORS-preflight request).</summary>
    public static bool IsPreflight(HttpRequest request) =>
        request.Method is "OPTIONS"
        && request.Headers.ContainsKey(Microsoft.Net.Http.Headers.HeaderNames.Origin)
        && request.Headers.ContainsKey(Microsoft.Net.Http.Headers.HeaderNames.AccessControlRequestMethod);

    /// <summary>Allows what the preflight asks for: the actual request can then read that the site is closed.</summary>
    public static void Allow(HttpContext context)
    {
        var (asked, headers) = (context.Request.Headers, context.Response.Headers);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        if (!HeaderSyntax.HasControls(asked.AccessControlRequestMethod))
            headers.AccessControlAllowMethods = asked.AccessControlRequestMethod;
        // The server accepts control characters in requests, but throws when it sends them.
        if (asked.AccessControlRequestHeaders is { Count: > 0 } names && !HeaderSyntax.HasControls(names))
            headers.AccessControlAllowHeaders = names;
    }
}
