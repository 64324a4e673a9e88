using System.Collections.Immutable;
using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Router.Access;
using Router.Answers;
using Router.Configuration;
using Router.Forwarding;
using Router.Forwarding.Headers;
using Router.Forwarding.InFlight;
using Router.Modes;
using Router.Observability;
using Router.Routing;

namespace Router.Serving;

/// <summary>
/// The catch-all handler: every request for a routed host. It gathers the facts, asks for the decision and carries it out:
/// is it well-formed → whose is it → may this client → may this mode → how often → forward.
/// </summary>
public sealed class FrontDoor(
    CurrentSite site, ModeController modes, Forwarder forwarder, AnswerWriter answers, RouterMetrics metrics, AccessLog accessLog, Tracing tracing, BypassGate bypass, BypassForm bypassForm, ConnectionEnd ending, OpenExchanges open, ExchangeEnd end, FleetClock time)
{
    /// <summary>The paths that are Router's own on every host that no pattern but <c>*</c> routes.</summary>
    public static bool IsOwn(ReadOnlySpan<char> path) =>
        path is "/_metrics" || path.StartsWith("/_status", StringComparison.Ordinal);

    /// <summary>Handles a request, or passes it on to Router's own endpoints where no route has it.</summary>
    public Task HandleAsync(HttpContext context, RequestDelegate own)
    {
        var exchange = new Exchange(time);
        // A process that was paused may know a mode that is long over. Asked before the request is counted: one that waits is with no backend.
        return modes.Contact is { } contact && contact.IsStaleAt(exchange.Arrived)
            ? AskFirstAsync(context, own, contact, exchange)
            : HandleAsync(context, own, exchange);
    }

    private Task HandleAsync(HttpContext context, RequestDelegate own, Exchange exchange)
    {
        var current = site.Current;
        var match = Match(current, context, out var pathAndQuery);
        if (match is { Fault: null, Route: null or { IsCatchAll: true } } && IsOwn(context.Request.Path.Value))
        {
            tracing.Ignore();
            ProtectiveHeaders.Add(context.Response);
            ending.Announce(context);
            return own(context);
        }

        var live = match.Route is { } route ? current.Routes[route.Index] : null;
        if (live?.Upstream is { } upstream)
        {
            // Counted first, asked for the mode second: see Decision.Of.
            upstream.Enter();
            open.Enter(exchange);
        }

        return HandleAsync(context, current, match, live, pathAndQuery, exchange);
    }

    private async Task AskFirstAsync(HttpContext context, RequestDelegate own, StoreContact contact, Exchange exchange)
    {
        // The health check asks no backend, and a platform that got no answer would start this instance anew.
        if (!IsOwn(context.Request.Path.Value))
            await contact.WaitAsync(exchange.Arrived, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await HandleAsync(context, own, exchange).ConfigureAwait(false);
    }

    // One method for the way of a request that goes well: each one that waits costs it as much as a field or two.
    private async Task HandleAsync(HttpContext context, Site current, RouteMatch match, LiveRoute? live, string pathAndQuery, Exchange exchange)
    {
        try
        {
            if (Decide(context, current, match, live, pathAndQuery, exchange, out var refusal) is not { } order)
            {
                // It does not go to the backend: however long its answer takes, it is in nobody's way.
                Leave(exchange, live);
                await AnswerAsync(context, refusal, current, live, exchange.Client).ConfigureAwait(false);
                return;
            }

            using var span = tracing.Begin(context, order.Route, order.Upstream);
            order.Span = tracing.Current;
            var failure = AllowsBody(context, order.Route.MaxRequestBody)
                ? await forwarder.ForwardAsync(context, order).ConfigureAwait(false)
                : ForwardFailure.RequestBodyTooLarge;
            Tracing.End(span, context.Response.StatusCode, failure);
            if (failure != ForwardFailure.Closed)
                metrics.Forwarded(order.Upstream, context.Request.Method, failure is null ? context.Response.StatusCode : 0, exchange.Duration);
            if (failure is { } reason)
                await AnswerFailureAsync(context, current, live!, exchange, reason).ConfigureAwait(false);
        }
        // The body of a request that Router answers itself: the server reads no further, and says what is wrong with it.
        catch (BadHttpRequestException fault) when (exchange.Upstream is null && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            context.Response.Clear();
            await AnswerOwnAsync(context, AnswerTo(fault), RequestOutcome.NotForwarded, current, modes.State, live).ConfigureAwait(false);
        }
        catch
        {
            if (exchange is { Upstream: not null, HasEnded: false })
                end.Report(context, exchange, live!.Route.Name, ForwardFailure.InternalError);
            // What the server makes of it when it gets there; counters and log are to say the same.
            if (!context.Response.HasStarted)
                context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            throw;
        }
        finally
        {
            Leave(exchange, live);
            // A client that left before its answer got no status, and 200 is only what the framework begins with.
            (live?.Traffic ?? metrics.Traffic.NotRouted).Count(context.Request.Method, exchange.ClientLeft(context) ? 0 : context.Response.StatusCode);
            if (current.Settings.AccessLog)
                accessLog.Write(context, exchange);
        }
    }

    // What to forward; null where Router answers itself, and then what it answers to.
    private ForwardOrder? Decide(HttpContext context, Site current, in RouteMatch match, LiveRoute? live, string pathAndQuery, Exchange exchange, out Refusal refusal)
    {
        var peer = context.Connection.RemoteIpAddress ?? IPAddress.None;
        // Once: a list that is replaced in between must not be asked in two versions.
        var proxies = current.TrustedProxies;
        var client = ClientAddress.Of(peer, context.Request.Headers["X-Forwarded-For"], proxies);
        exchange.Client = client;
        var state = modes.State;
        var method = MethodOf(context);
        var modeMethod = ModeMethodOf(context, method);
        var decision = Decision.Of(match, modeMethod, client, state.Mode);
        var passage = live?.Upstream is null || decision.Outcome is not (Outcome.Forward or Outcome.Closed) ? null : PassageOf(context, current, live.Route, decision, state, client);
        if (decision.Outcome == Outcome.Closed && passage is not null)
        {
            metrics.Passed(passage.Name);
            if (passage.TesterId is { } tester)
                BypassGate.MarkUsed(context.Response, tester);
            decision = new Decision(Outcome.Forward, decision.Route, passage.Name);
        }

        var limit = decision.Outcome == Outcome.Forward ? Refusing(current, live!, match, context.Request.Method, client) : null;
        refusal = new Refusal(decision.Outcome, limit, state);
        if (decision.Outcome != Outcome.Forward || limit is not null)
            return null;
        exchange.Admit(live!.Upstream!, method, modeMethod, context.Request.Headers.Host.ToString(), pathAndQuery, passage);
        return new ForwardOrder
        {
            Route = live.Route,
            Upstream = live.Upstream!,
            PathAndQuery = pathAndQuery,
            Client = client,
            PeerIsTrusted = proxies?.Contains(peer) ?? false,
            RequestRules = current.RequestRules,
            HeaderRules = live.HeaderRules,
            ErrorPage = live.ErrorPage,
            Exchange = exchange,
        };
    }

    // A static file passes for a while after the closing, and what was let through before it need not ask again.
    private Passage? PassageOf(HttpContext context, Site current, Route route, Decision decision, ModeState state, IPAddress client) =>
        route.IsStatic && context.Request.Method is "GET" or "HEAD" && context.Request.Headers.Upgrade.Count == 0
            && (decision.Outcome == Outcome.Forward ? current.Settings.AssetGrace > TimeSpan.Zero : time.GetUtcNow() - state.Step.PagesUntil < current.Settings.AssetGrace)
            ? Passage.AssetGrace
            : decision.Outcome == Outcome.Closed ? bypass.PassageOf(context.Request, state, client) : null;

    private void Leave(Exchange exchange, LiveRoute? live)
    {
        if (open.Leave(exchange))
            live!.Upstream!.Leave();
    }

    // RFC 8441 section 5: what asks for a WebSocket by CONNECT in HTTP/2 asks for it by GET in HTTP/1.1.
    private static string MethodOf(HttpContext context) =>
        context.Request.Method is "CONNECT" && context.Feature<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } ? "GET" : context.Request.Method;

    // To the modes a request for an upgrade is what it comes to: a tunnel, through which anything may be written.
    private static string ModeMethodOf(HttpContext context, string method) =>
        Forwarder.AsksForUpgrade(context) ? "CONNECT" : method;

    private static RouteMatch Match(Site site, HttpContext context, out string pathAndQuery)
    {
        pathAndQuery = context.Feature<IHttpRequestFeature>()!.RawTarget;
        if (!RequestTarget.TryRead(pathAndQuery, out var target))
            return RouteMatch.Malformed("the request target is not one of the forms of RFC 9112 section 3.2, or has characters that none may have");
        if (RequestFraming.FaultOf(context) is { } fault)
            return RouteMatch.Malformed(fault);
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

    private static RateLimit? Refusing(Site site, LiveRoute live, in RouteMatch match, string method, IPAddress client)
    {
        foreach (var limit in match.AlsoMet.IsDefault ? live.RateLimits : RateLimitsOf(site, live, match.AlsoMet))
        {
            if (!limit.Allows(method, client))
                return limit;
        }

        return null;
    }

    // Another spelling of its path must not be a way around the limit of a page.
    private static ImmutableArray<RateLimit> RateLimitsOf(Site site, LiveRoute live, ImmutableArray<Route> alsoMet) =>
        [.. live.RateLimits.Union(alsoMet.SelectMany(other => site.Routes[other.Index].RateLimits))];

    private async ValueTask AnswerFailureAsync(HttpContext context, Site current, LiveRoute live, Exchange exchange, ForwardFailure reason)
    {
        if (reason == ForwardFailure.Closed)
        {
            // Nothing has failed: the site was closed while the request waited for its turn.
            Leave(exchange, live);
            var state = modes.State;
            metrics.Blocked(state.Mode);
            await AnswerOwnAsync(context, Answer.Closed, RequestOutcome.NotForwarded, current, state, live).ConfigureAwait(false);
            return;
        }

        if (end.Report(context, exchange, live.Route.Name, reason) is var (answer, outcome))
            await AnswerOwnAsync(context, answer, outcome, current, modes.State, live).ConfigureAwait(false);
    }

    // Refused before the body is read where its length is declared; else the forwarder counts along.
    // The server would count the framing of chunks too, and so refuse a body that is just as long as it may be.
    private static bool AllowsBody(HttpContext context, long most)
    {
        if (context.Request.ContentLength > most)
        {
            // What is on its way already is taken off the wire, for as long as the server cares to: torn down under a client
            // that still sends, the connection would lose it the answer.
            if (context.Feature<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } any)
                any.MaxRequestBodySize = null;
            return false;
        }

        if (RequestFraming.MayHaveBody(context.Request) && context.Request.ContentLength is null or > RuleSettings.DefaultMaxRequestBody
            && context.Feature<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = RequestFraming.IsChunked(context.Request) ? RequestFraming.MostChunkedBytes(most) : null;
        }

        return true;
    }

    private ValueTask AnswerAsync(HttpContext context, Refusal refusal, Site current, LiveRoute? live, IPAddress? client)
    {
        var (outcome, limit, state) = refusal;
        ProtectiveHeaders.Add(context.Response);
        ending.Announce(context);
        if (limit is not null)
        {
            metrics.RateLimited(limit);
            context.Response.Headers.RetryAfter = limit.RetryAfter;
            return WriteAsync(context, AnswerTo(Outcome.RateLimited), RequestOutcome.NotForwarded, current, state, live);
        }

        switch (outcome)
        {
            case Outcome.File:
                return live!.File!.WriteAsync(context, live.HeaderRules);
            case Outcome.Server:
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                context.Response.Headers.Allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
                return ValueTask.CompletedTask;
            case Outcome.Closed when live is not null && BypassGate.IsOpen(state) && context.Request.Path.Value == BypassGate.FormPath:
                return bypassForm.HandleAsync(context, current, state, client ?? IPAddress.None);
            case Outcome.Closed:
                metrics.Blocked(state.Mode);
                BypassGate.MarkUnknown(context);
                break;
        }

        return WriteAsync(context, AnswerTo(outcome), RequestOutcome.NotForwarded, current, state, live);
    }

    // In the place of a backend's response.
    private ValueTask AnswerOwnAsync(HttpContext context, Answer answer, RequestOutcome outcome, Site current, ModeState state, LiveRoute? live)
    {
        ProtectiveHeaders.Add(context.Response);
        ending.Announce(context);
        return WriteAsync(context, answer, outcome, current, state, live);
    }

    private ValueTask WriteAsync(HttpContext context, Answer answer, RequestOutcome outcome, Site current, ModeState state, LiveRoute? live)
    {
        // Where one request could not be read for certain, nobody knows where the next one begins.
        if (answer == Answer.BadRequest && context.Request.Protocol.StartsWith("HTTP/1", StringComparison.Ordinal))
            context.Response.Headers.Connection = "close";
        if (live is null)
            ProtectiveHeaders.AddPagePolicy(context.Response);
        return answers.WriteAsync(context, answer, outcome, current.Pages, state, live?.Route, live?.HeaderRules);
    }

    private static Answer AnswerTo(BadHttpRequestException fault) => fault.StatusCode switch
    {
        StatusCodes.Status408RequestTimeout => Answer.TooSlow,
        StatusCodes.Status413PayloadTooLarge => Answer.TooLarge,
        _ => Answer.BadRequest,
    };

    private static Answer AnswerTo(Outcome outcome) => outcome switch
    {
        Outcome.Malformed => Answer.BadRequest,
        Outcome.NotRouted => Answer.NotFound,
        Outcome.Forbidden => Answer.Forbidden,
        Outcome.Closed => Answer.Closed,
        Outcome.RateLimited => Answer.TooMany,
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "is not answered by Router"),
    };

    /// <summary>Why a request is not forwarded.</summary>
    /// <param name="Outcome">What was decided; forwarding, where a limit refuses it.</param>
    /// <param name="Limit">The limit that it is beyond; null where it is not.</param>
    /// <param name="State">The mode that was asked.</param>
    private readonly record struct Refusal(Outcome Outcome, RateLimit? Limit, ModeState State);
}
