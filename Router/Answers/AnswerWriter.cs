using Router.Configuration;
using Router.Routing;

namespace Router.Answers;

/// <summary>Writes Router's own answers, in the form that serves who asked: a page for people, a problem for programs.</summary>
public sealed class AnswerWriter(Pages pages)
{
    /// <summary>Marks the closed site's answer, so that a probe can tell it from an application's 503.</summary>
    public const string ClosedHeader = "X-Router-Closed";

    /// <summary>Writes one answer. The route, where there is one, says whether programs or people ask there.</summary>
    public async ValueTask WriteAsync(HttpContext context, Answer answer, Route? route, ResponseHeaderRules? rules)
    {
        var problem = route?.Kind == BackendKind.Api || PrefersJson(context.Request);
        var body = problem ? pages.Problem(answer) : pages.Html(answer);
        var response = context.Response;
        response.StatusCode = answer.Status;
        response.ContentType = problem ? ProblemDetails.MediaType : "text/html; charset=utf-8";
        response.ContentLength = body.Length;
        // An error that a cache keeps outlives its cause.
        response.Headers.CacheControl = "no-store";
        if (answer.Status == StatusCodes.Status503ServiceUnavailable)
            response.Headers.RetryAfter = RetryAfter.Draw();
        if (answer == Answer.Closed)
            response.Headers[ClosedHeader] = "1";
        rules?.Apply(context);
        // The answer to HEAD is the answer to GET without its body (RFC 9110 section 9.3.2).
        if (context.Request.Method is not "HEAD")
            await response.BodyWriter.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }

    private static bool PrefersJson(HttpRequest request)
    {
        var accept = request.Headers.Accept.ToString();
        var json = accept.IndexOf("json", StringComparison.OrdinalIgnoreCase);
        var html = accept.IndexOf("html", StringComparison.OrdinalIgnoreCase);
        return json >= 0 && (html < 0 || json < html);
    }
}
