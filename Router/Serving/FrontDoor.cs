using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Router.Access;
using Router.Answers;
using Router.Configuration;
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
    public static bool IsOwn(ReadOnlySpan<char> path) =>
        path is "/_metrics" || path.StartsWith("/_status", StringComparison.Ordinal);

    /// <summary>Handles a request, or passes it on to Router's own endpoints where no route has it.</summary>
    public async Task HandleAsync(HttpContext context, RequestDelegate own)
    {
        var current = site.Current;
        var match = Match(current, context, out var pathAndQuery);
        if (match is { Fault: null, Route: null or { IsCatchAll: true } } && IsOwn(context.Request.Path.Value))
        {
            await own(context).ConfigureAwait(false);
            return;
        }

        var live = match.Route is { } route ? current.Routes[route.Index] : null;
        var upstream = live?.Upstream;
        // Counted first, asked for the mode second: see Decision.Of.
        upstream?.Enter();
        try
        {
            var peer = context.Connection.RemoteIpAddress ?? IPAddress.None;
            var client = ClientAddress.Of(peer, context.Request.Headers["X-Forwarded-For"], current.TrustedProxies);
            var mode = modes.Current;
            var decision = Decision.Of(match, context.Request.Method, client, mode);
            if (decision.Outcome == Outcome.Forward)
                await ForwardAsync(context, live!, Order(current, live!, pathAndQuery, client, peer)).ConfigureAwait(false);
            else if (decision.Outcome == Outcome.File)
                await live!.File!.WriteAsync(context, live.HeaderRules).ConfigureAwait(false);
            else
                await AnswerAsync(context, decision, live, mode).ConfigureAwait(false);
        }
        finally
        {
            upstream?.Leave();
            // A client that left before its answer got no status, and 200 is only what the framework begins with.
            var answered = context.Response.HasStarted || !context.RequestAborted.IsCancellationRequested;
            (live?.Traffic ?? metrics.Traffic.NotRouted).Count(context.Request.Method, answered ? context.Response.StatusCode : 0);
        }
    }

    private static RouteMatch Match(Site site, HttpContext context, out string pathAndQuery)
    {
        pathAndQuery = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!RequestTarget.TryRead(pathAndQuery, out var target))
            return RouteMatch.Malformed("the request target is not one of the forms of RFC 9112 section 3.2, or has characters that none may have");
        if (target.Form != TargetForm.Absolute)
        {
            // HTTP/1.0 has no Host, and some health checks speak it still: a host that no route has, and no fault.
            return context.Request.Headers.Host.Count == 0 && HttpProtocol.IsHttp10(context.Request.Protocol)
                ? RouteMatch.NotRouted
                : site.Table.Match(context.Request.Headers.Host.ToString(), target.Path);
        }

        pathAndQuery = target.PathAndQuery.ToString();
        return site.Table.Match(target.Authority, target.Path);
    }

    private static ForwardOrder Order(Site site, LiveRoute live, string pathAndQuery, IPAddress client, IPAddress peer) => new()
    {
        Route = live.Route,
        Upstream = live.Upstream!,
        PathAndQuery = pathAndQuery,
        Client = client,
        PeerIsTrusted = site.TrustedProxies?.Contains(peer) ?? false,
        RequestRules = site.RequestRules,
        HeaderRules = live.HeaderRules,
        ErrorPage = live.ErrorPage,
    };

    private async ValueTask ForwardAsync(HttpContext context, LiveRoute live, ForwardOrder order)
    {
        var arrived = time.GetTimestamp();
        var backend = order.Upstream.Settings.Name;
        var failure = AllowsBody(context, live.Route.MaxRequestBody)
            ? await forwarder.ForwardAsync(context, order).ConfigureAwait(false)
            : ForwardFailure.RequestBodyTooLarge;
        metrics.Forwarded(order.Upstream, context.Request.Method, failure is null ? context.Response.StatusCode : 0, time.GetElapsedTime(arrived));
        if (failure is not { } reason)
            return;
        metrics.Failed(backend, reason);
        if (reason == ForwardFailure.ClientGone)
            return;
        LogFailed(ForwardFailures.NameOf(reason), backend, live.Route.Name, time.GetElapsedTime(arrived).TotalMilliseconds);
        if (!context.Response.HasStarted)
            await answers.WriteAsync(context, AnswerTo(reason), live.Route, live.HeaderRules).ConfigureAwait(false);
    }

    // Refused before the body is read where its length is declared; else the forwarder counts along.
    // The server would count the framing of chunks too, and so refuse a body that is just as long as it may be.
    private static bool AllowsBody(HttpContext context, long most)
    {
        if (context.Request.ContentLength > most)
            return false;
        if (context.Request.ContentLength is null or > RuleSettings.DefaultMaxRequestBody
            && context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = null;
        }

        return true;
    }

    private ValueTask AnswerAsync(HttpContext context, Decision decision, LiveRoute? live, Mode mode)
    {
        if (decision.Outcome == Outcome.Server)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            context.Response.Headers.Allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
            return ValueTask.CompletedTask;
        }

        if (decision.Outcome == Outcome.Closed)
            metrics.Blocked(mode);
        return answers.WriteAsync(context, AnswerTo(decision.Outcome), live?.Route, live?.HeaderRules);
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
        ForwardFailure.AnswerTimeout or ForwardFailure.ConnectTimeout or ForwardFailure.RequestTimeout => Answer.GatewayTimeout,
        ForwardFailure.CircuitOpen or ForwardFailure.Overloaded => Answer.Busy,
        ForwardFailure.InvalidRequest or ForwardFailure.InvalidRequestBody => Answer.BadRequest,
        ForwardFailure.RequestBodyTooLarge => Answer.TooLarge,
        _ => Answer.BadGateway,
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "Forwarding failed: {Reason} (backend {Backend}, route {Route}, after {Milliseconds:F0} ms)")]
    private partial void LogFailed(string reason, string backend, string route, double milliseconds);
}
