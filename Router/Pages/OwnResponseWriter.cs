using Microsoft.Extensions.Primitives;
using Router.Configuration;
using Router.Headers;
using Router.Http;
using Router.Modes;
using Router.Routing;

namespace Router.Pages;

/// <summary>Writes Router's own responses, in the form and language that suit the client.</summary>
public sealed class OwnResponseWriter(FleetClock time)
{
    /// <summary>Marks the closed site's response, so that a probe can distinguish it from an application's 503.</summary>
    public const string ClosedHeader = "X-Router-Closed";

    private static readonly StringValues Varies = new("Accept, Accept-Encoding, Accept-Language, Sec-Fetch-Dest");
    private static readonly StringValues VariesByOrigin = new("Accept, Accept-Encoding, Accept-Language, Origin, Sec-Fetch-Dest");

    // It forbids nothing: a crawler gets 503 for the pages, and comes back later. A 503 for robots.txt would mean "stay out of the whole
    // site".
    private static readonly ReadOnlyMemory<byte> Robots = "User-agent: *\nDisallow:\n"u8.ToArray();

    /// <summary>Writes one response. The route, if there is one, says whether its clients are programs or people.</summary>
    /// <param name="context">The request's context.</param>
    /// <param name="own">Which response.</param>
    /// <param name="outcome">What is known about the request.</param>
    /// <param name="pages">The texts.</param>
    /// <param name="state">The mode, for the closed site's response.</param>
    /// <param name="rules">The route's response header rules.</param>
    public ValueTask WriteAsync(
        HttpContext context,
        OwnResponse own,
        RequestOutcome outcome,
        SitePages pages,
        ModeState state,
        Route? route,
        ResponseHeaderRules? rules
    )
    {
        var (request, response, now) = (context.Request, context.Response, time.GetUtcNow());
        var isClosed = own == OwnResponse.Closed;
        var mayRead = pages.CrossOrigin.Apply(context);
        response.Headers.Vary = pages.CrossOrigin.IsAllowedToAny ? VariesByOrigin : Varies;
        if (isClosed && mayRead && CrossOrigin.IsPreflight(request))
        {
            CrossOrigin.Allow(context);
            rules?.Apply(context);
            return ValueTask.CompletedTask;
        }

        response.StatusCode = own.Status;
        // A cached error outlives its cause.
        response.Headers.CacheControl = "no-store";
        if (own.Status == StatusCodes.Status503ServiceUnavailable)
            response.Headers.RetryAfter = RetryAfter.Draw(isClosed ? state.Step.Until : null, now);
        if (isClosed)
            response.Headers[ClosedHeader] = "1";
        var form = ResponseForms.Of(request, route?.Kind ?? BackendKind.Frontend);
        if (form == ResponseForm.Nothing)
        {
            response.ContentLength = 0;
            rules?.Apply(context);
            return ValueTask.CompletedTask;
        }

        var (isSending, languages) = (!RequestMethods.IsSafe(request.Method), request.Headers.AcceptLanguage.ToString());
        var prepared = isClosed
            ? pages.FindClosed(state, now, isSending, languages, route?.PageTemplate, out var language)
            : pages.Find(own, outcome, isSending, languages, route?.PageTemplate, out language);
        var body = form switch
        {
            ResponseForm.Page => prepared.Page,
            ResponseForm.Problem => prepared.Problem,
            _ => prepared.Text,
        };
        var (bytes, coding) = body.For(request.Headers.AcceptEncoding);
        response.ContentType = body.ContentType;
        response.ContentLength = bytes.Length;
        response.Headers.ContentLanguage = language;
        if (coding is not null)
            response.Headers.ContentEncoding = coding;
        rules?.Apply(context);
        return context.SendAsync(bytes);
    }

    /// <summary>Responds with a <c>robots.txt</c> that forbids nothing.</summary>
    public static ValueTask WriteRobotsAsync(HttpContext context, ResponseHeaderRules? rules)
    {
        context.Response.ContentType = "text/plain";
        context.Response.ContentLength = Robots.Length;
        rules?.Apply(context);
        return context.SendAsync(Robots);
    }
}
