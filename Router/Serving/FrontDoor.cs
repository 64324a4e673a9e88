using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Router.Answers;
using Router.Forwarding;
using Router.Modes;
using Router.Observability;
using Router.Routing;

namespace Router.Serving;

/// <summary>
/// The catch-all handler: every request for a routed host. It gathers the facts, asks for the decision and carries it out:
/// is it well-formed → whose is it → may this client → may this mode → forward.
/// </summary>
public sealed partial class FrontDoor(
    CurrentSite site, ModeController modes, Forwarder forwarder, AnswerWriter answers, RouterMetrics metrics, TimeProvider time, ILogger<FrontDoor> logger)
{
    /// <summary>The paths that are Router's own on every host that no pattern but <c>*</c> routes.</summary>
    public static bool IsOwn(ReadOnlySpan<char> path) => path is "/_status" or "/_metrics";

    /// <summary>Handles a request, or passes it on to Router's own endpoints where no route has it.</summary>
    public async Task HandleAsync(HttpContext context, RequestDelegate own)
    {
        var current = site.Current;
        var raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var match = Match(current, context, raw, out var pathAndQuery);
        if (match is { Fault: null, Route: null or { IsCatchAll: true } } && IsOwn(context.Request.Path.Value))
        {
            await own(context).ConfigureAwait(false);
            return;
        }

        var live = match.Route is { } route ? current.Routes[route.Index] : null;
        var upstream = live?.Upstream;
        var arrived = time.GetTimestamp();
        // Counted first, asked for the mode second: see Decision.Of.
        upstream?.Enter();
        try
        {
            var mode = modes.Current;
            var decision = Decision.Of(match, context.Request.Method, context.Connection.RemoteIpAddress ?? IPAddress.None, mode);
            if (decision.Outcome == Outcome.Forward)
                await ForwardAsync(context, live!, pathAndQuery, arrived).ConfigureAwait(false);
            else
                await AnswerAsync(context, decision, mode).ConfigureAwait(false);
        }
        finally
        {
            upstream?.Leave();
            // A client that left before its answer got no status, and 200 is only what the framework begins with.
            var answered = context.Response.HasStarted || !context.RequestAborted.IsCancellationRequested;
            (live?.Traffic ?? metrics.Traffic.NotRouted).Count(context.Request.Method, answered ? context.Response.StatusCode : 0);
        }
    }

    private static RouteMatch Match(Site site, HttpContext context, string raw, out string pathAndQuery)
    {
        pathAndQuery = raw;
        if (!RequestTarget.TryRead(raw, out var target))
            return RouteMatch.Malformed("the request target is not one of the forms of RFC 9112 section 3.2, or has characters that none may have");
        if (target.Form == TargetForm.Asterisk)
            return RouteMatch.Malformed("the asterisk form asks for no resource, and no client of a backend can send it on");
        var host = context.Request.Headers.Host.ToString();
        if (target.Form == TargetForm.Absolute)
        {
            pathAndQuery = target.PathAndQuery.ToString();
            return site.Table.Match(target.Authority, target.Path);
        }

        return site.Table.Match(host, target.Path);
    }

    private async ValueTask ForwardAsync(HttpContext context, LiveRoute live, string pathAndQuery, long arrived)
    {
        var backend = live.Upstream!.Settings.Name;
        var failure = await forwarder.ForwardAsync(context, live.Upstream, pathAndQuery).ConfigureAwait(false);
        metrics.Forwarded(backend, time.GetElapsedTime(arrived));
        if (failure is not { } reason)
            return;
        metrics.Failed(backend, reason);
        if (reason != ForwardFailure.ClientGone)
            LogFailed(ForwardFailures.NameOf(reason), backend, live.Route.Name, time.GetElapsedTime(arrived).TotalMilliseconds);
        if (context.Response.HasStarted || reason == ForwardFailure.ClientGone)
            return;
        await answers.WriteAsync(context, AnswerTo(reason), live.Route).ConfigureAwait(false);
    }

    private ValueTask AnswerAsync(HttpContext context, Decision decision, Mode mode)
    {
        if (decision.Outcome == Outcome.Closed)
            metrics.Blocked(mode);
        return answers.WriteAsync(context, AnswerTo(decision.Outcome), decision.Route);
    }

    private static Answer AnswerTo(Outcome outcome) => outcome switch
    {
        Outcome.Malformed => Answer.BadRequest,
        Outcome.NotRouted => Answer.NotFound,
        Outcome.Forbidden => Answer.Forbidden,
        Outcome.Closed => Answer.Closed,
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "is not answered by Router"),
    };

    private static Answer AnswerTo(ForwardFailure failure) => failure switch
    {
        ForwardFailure.AnswerTimeout or ForwardFailure.ConnectTimeout => Answer.GatewayTimeout,
        ForwardFailure.InvalidRequestBody => Answer.BadRequest,
        _ => Answer.BadGateway,
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "Forwarding failed: {Reason} (backend {Backend}, route {Route}, after {Milliseconds:F0} ms)")]
    private partial void LogFailed(string reason, string backend, string route, double milliseconds);
}
