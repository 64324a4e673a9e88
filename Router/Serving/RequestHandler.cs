using System.Net;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Router.Access;
using Router.Admission;
using Router.Configuration;
using Router.Headers;
using Router.Holding;
using Router.Http;
using Router.Metrics;
using Router.Modes;
using Router.Pages;
using Router.Proxy;
using Router.Proxy.InFlight;
using Router.Routing;
using Router.Telemetry;
using Router.Upstreams;

namespace Router.Serving;

/// <summary>
/// The catch-all handler for every request to a routed host. It gathers the facts, lets <see cref="AdmissionPolicy"/> decide, and carries
/// out the decision.
/// </summary>
public sealed class RequestHandler(
    CurrentSite site,
    ModeController modes,
    Forwarder forwarder,
    OwnResponseWriter responses,
    RouterMetrics metrics,
    WindowCounts counts,
    AccessLog accessLog,
    Tracing tracing,
    BypassForm bypassForm,
    ConnectionClosing ending,
    InFlightRequests inFlight,
    HeldRequests hold,
    RequestEnding end,
    StageTraffic stages,
    FleetClock time
)
{
    /// <summary>The paths that Router serves itself on every host that no pattern other than <c>*</c> routes.</summary>
    public static bool IsOwn(ReadOnlySpan<char> path) => path is "/_metrics" || path.StartsWith("/_status", StringComparison.Ordinal);

    /// <summary>Handles a request, or passes it to Router's own endpoints if no route matches.</summary>
    public Task HandleAsync(HttpContext context, RequestDelegate own)
    {
        var request = new RequestContext(time);
        // A process that was suspended may hold a mode that ended long ago. Checked before the request is counted as in flight: a request
        // that waits here has not reached a backend.
        return modes.Contact is { } contact && contact.IsStaleAt(request.Arrived)
            ? AskFirstAsync(context, own, contact, request)
            : HandleAsync(context, own, request);
    }

    private Task HandleAsync(HttpContext context, RequestDelegate own, RequestContext request)
    {
        var current = site.Current;
        var match = Match(current, context, out var pathAndQuery);
        if (match is { Violation: null, Route: null or { IsCatchAll: true } } && IsOwn(context.Request.Path.Value))
        {
            tracing.Ignore();
            ProtectiveHeaders.Add(context.Response);
            ending.Announce(context);
            return own(context);
        }

        return HandleAsync(context, current, match, Enter(current, match, request), pathAndQuery, request);
    }

    private RouteState? Enter(Site current, in RouteMatch match, RequestContext request)
    {
        var live = match.Route is { } route ? current.Routes[route.Index] : null;
        if (live?.Upstream is { } upstream)
        {
            // Count first, check the mode second: see AdmissionPolicy.
            upstream.Enter();
            inFlight.Enter(request);
        }

        return live;
    }

    private async Task AskFirstAsync(HttpContext context, RequestDelegate own, StoreContact contact, RequestContext request)
    {
        // The health check needs no backend, and a platform that got no response would restart this instance.
        if (!IsOwn(context.Request.Path.Value))
        {
            await contact.WaitAsync(request.Arrived, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // The request waited, so its client may have disconnected.
            (context.Feature<IConnectionLifetimeFeature>() as HalfClose)?.RequireInput();
        }

        await HandleAsync(context, own, request).ConfigureAwait(false);
    }

    // One async method for the whole successful path: each further async method costs a request as much as a header or two.
    private async Task HandleAsync(
        HttpContext context,
        Site current,
        RouteMatch match,
        RouteState? live,
        string pathAndQuery,
        RequestContext request
    )
    {
        HeldRequest? held = null;
        try
        {
            while (true)
            {
                if (IsAdmitted(context, current, match, live, pathAndQuery, request, held, out var refusal))
                {
                    var (route, upstream) = (request.Route, request.Upstream!);
                    using var span = tracing.Begin(context, route, upstream);
                    request.Span = tracing.Current;
                    LimitBody(context, route.MaxRequestBody);
                    var failure = await forwarder.ForwardAsync(context, request).ConfigureAwait(false);
                    Tracing.End(span, context.Response.StatusCode, failure);
                    if (failure != ForwardFailure.Closed)
                    {
                        Count(context, upstream, failure, request.Duration - request.HeldTime);
                        if (stages.Current is { } stage && request.Exemption?.TesterId is null)
                            stage.Count(request.Client!, route.Kind, request.ModeMethod, context.Response.StatusCode, failure);
                    }

                    if (failure is not { } reason)
                        return;
                    if (!request.MayStartOver)
                    {
                        await AnswerFailureAsync(context, current, live!, request, reason).ConfigureAwait(false);
                        return;
                    }

                    // The mode changed while the request waited for its turn: what the new one makes of it is decided anew.
                    Leave(request, live);
                }
                else
                {
                    // The request does not go to the backend: however long its response takes, it does not count as in flight.
                    Leave(request, live);
                    held?.ReturnPermit();
                    if (refusal.Decision.Outcome != AdmissionOutcome.Hold)
                    {
                        await AnswerAsync(context, refusal, current, live, request.Client).ConfigureAwait(false);
                        return;
                    }

                    held = hold.Enter(
                        live!.Route.Kind,
                        ModeMethodOf(context, MethodOf(context)),
                        request.Client!,
                        live.Upstream,
                        refusal.State,
                        request.HeldSince
                    );
                    if (
                        await HoldAsync(context, held, request).ConfigureAwait(false)
                        is var why
                            and not (HoldEnd.Released or HoldEnd.Closed)
                    )
                    {
                        await EndHoldAsync(context, current, live, request, refusal.State, why).ConfigureAwait(false);
                        return;
                    }
                }

                // The configuration may have been reloaded meanwhile.
                current = site.Current;
                match = Match(current, context, out pathAndQuery);
                live = Enter(current, match, request);
            }
        }
        // The body of a request that Router responds to itself: the server stops reading and says what is wrong with it.
        catch (BadHttpRequestException error)
            when (request.Upstream is null && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            context.Response.Clear();
            await AnswerOwnAsync(context, AnswerTo(error), RequestOutcome.NotForwarded, current, modes.State, live).ConfigureAwait(false);
        }
        catch
        {
            if (request is { Upstream: not null, HasEnded: false })
                end.Report(context, request, request.Route.Name, ForwardFailure.InternalError);
            // The status that the server itself will send for this error. Counters and log must agree with it.
            if (!context.Response.HasStarted)
                context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            throw;
        }
        finally
        {
            held?.ReturnPermit();
            request.ReturnPermit();
            Leave(request, live);
            // A client that disconnected before its response got no status; 200 is only the framework's initial value.
            (live?.Traffic ?? metrics.Traffic.NotRouted).Count(
                context.Request.Method,
                request.ClientLeft(context) ? 0 : context.Response.StatusCode
            );
            if (current.Settings.AccessLog)
                accessLog.Write(context, request);
        }
    }

    private void Count(HttpContext context, Upstream upstream, ForwardFailure? failure, TimeSpan took)
    {
        var status = failure is null ? context.Response.StatusCode : 0;
        metrics.Forwarded(upstream, context.Request.Method, status, took);
        upstream.Totals.Add(isError: status >= 500 || failure is not (null or ForwardFailure.ClientGone), took);
    }

    // Whether the request is forwarded. If Router responds itself, the refusal says why.
    private bool IsAdmitted(
        HttpContext context,
        Site current,
        in RouteMatch match,
        RouteState? live,
        string pathAndQuery,
        RequestContext request,
        HeldRequest? held,
        out Refusal refusal
    )
    {
        var peer = context.Connection.RemoteIpAddress ?? IPAddress.None;
        // Read once: if the list is replaced in between, two versions of it must not be consulted.
        var proxies = current.TrustedProxies;
        var client = ClientAddress.Of(peer, context.Request.Headers["X-Forwarded-For"], proxies);
        request.Client = client;
        var state = modes.State;
        var method = MethodOf(context);
        var modeMethod = ModeMethodOf(context, method);
        var decision = current.Admission.Evaluate(
            RequestOf(context, modeMethod, client, hasWaited: request.HeldSince is not null || request.Upstream is not null),
            match,
            state
        );
        // Those that wait already are older.
        if (hold.IsReleasing && held is null && decision is { Outcome: AdmissionOutcome.Forward, Exemption: null })
            decision = decision with { Outcome = AdmissionOutcome.Hold };
        refusal = new Refusal(decision, state.For(client, match.Route?.Kind ?? BackendKind.Frontend));
        if (decision.Outcome != AdmissionOutcome.Forward)
            return false;
        if (decision is { PassesClosedMode: true, Exemption: { } exemption })
        {
            metrics.Passed(exemption.Name);
            if (exemption.TesterId is { } tester)
            {
                counts.Bypass(state);
                BypassGate.MarkUsed(context.Response, tester);
            }
        }

        request.PeerIsTrusted = proxies?.Contains(peer) ?? false;
        (request.RequestRules, request.HeaderRules, request.ErrorPage) = (current.RequestRules, live!.HeaderRules, live.ErrorPage);
        request.PermitHolder = held?.TakePermit(live.Upstream!);
        var host = context.Request.Headers.Host.ToString();
        request.Admit(live.Route, live.Upstream!, method, modeMethod, host, pathAndQuery, decision.Exemption);
        return true;
    }

    // Waits until the mode allows or closes the request, or something else ends its wait. Nothing of the body is read.
    private async Task<HoldEnd> HoldAsync(HttpContext context, HeldRequest held, RequestContext request)
    {
        request.Hold(held.Since);
        var gone = HalfClose.GoneOf(context, out var connection);
        HoldEnd end;
        await using (gone.UnsafeRegister(_ => hold.Leave(held), null).ConfigureAwait(false))
            end = await held.Ended.ConfigureAwait(false);
        request.EndHold();
        // A request whose client has gone is never forwarded, and a half-closed connection may be one.
        if (gone.IsCancellationRequested || connection is { HasClientClosed: true })
        {
            end = HoldEnd.ClientGone;
            request.Failed(clientLeft: true);
            context.Abort();
        }

        metrics.HoldEnded(HoldEnds.NameOf(end), request.HeldTime);
        return end;
    }

    private ValueTask EndHoldAsync(HttpContext context, Site current, RouteState live, RequestContext request, ModeState state, HoldEnd why)
    {
        if (why == HoldEnd.ClientGone)
            return ValueTask.CompletedTask;
        var modeMethod = ModeMethodOf(context, MethodOf(context));
        return AnswerClosedAsync(context, current, live, request, modeMethod, state, "the request could not wait any longer");
    }

    // A request that the mode did not close when it arrived gets what one that it closes gets.
    private ValueTask AnswerClosedAsync(
        HttpContext context,
        Site current,
        RouteState live,
        RequestContext request,
        string modeMethod,
        ModeState state,
        string reason
    )
    {
        var outcome = AdmissionPolicy.ClosedOutcome(RequestOf(context, modeMethod, request.Client!), live.Route, state);
        var refusal = new Refusal(new AdmissionDecision(outcome, live.Route, reason), state);
        return AnswerAsync(context, refusal, current, live, request.Client);
    }

    private void Leave(RequestContext request, RouteState? live)
    {
        if (inFlight.Leave(request))
            live!.Upstream!.Leave();
    }

    private static AdmissionRequest RequestOf(HttpContext context, string modeMethod, IPAddress client, bool hasWaited = false) =>
        new(context.Request.Method, modeMethod, context.Request.Path.Value ?? "", client, context.Request) { HasWaited = hasWaited };

    // RFC 8441 section 5: a WebSocket requested with CONNECT over HTTP/2 is requested with GET over HTTP/1.1.
    private static string MethodOf(HttpContext context) => context.WebSocketOverHttp2() is null ? context.Request.Method : "GET";

    // The modes treat an upgrade request as what it becomes: a tunnel, through which anything may be written.
    private static string ModeMethodOf(HttpContext context, string method) => Forwarder.AsksForUpgrade(context) ? "CONNECT" : method;

    private static RouteMatch Match(Site site, HttpContext context, out string pathAndQuery)
    {
        pathAndQuery = context.Feature<IHttpRequestFeature>()!.RawTarget;
        if (!RequestTarget.TryRead(pathAndQuery, out var target))
            return RouteMatch.Malformed("the request target is not one of the forms of RFC 9112 section 3.2, or has invalid characters");
        if (RequestFraming.ViolationOf(context) is { } violation)
            return RouteMatch.Malformed(violation);
        if (target.Form != TargetForm.Absolute)
        {
            // HTTP/1.0 has no Host header, and some health checks still use it: treat it as a host without a route, not as an error.
            return context.Request.Headers.Host.Count == 0 && HttpProtocol.IsHttp10(context.Request.Protocol)
                ? RouteMatch.NotRouted
                : site.Table.Match(context.Request.Headers.Host.ToString(), target.Path);
        }

        pathAndQuery = target.PathAndQuery.ToString();
        return site.Table.Match(target.Authority, target.Path);
    }

    private async ValueTask AnswerFailureAsync(
        HttpContext context,
        Site current,
        RouteState live,
        RequestContext request,
        ForwardFailure reason
    )
    {
        if (reason == ForwardFailure.Closed)
        {
            // Nothing has failed: the site was closed while the request waited for its turn.
            Leave(request, live);
            var state = modes.State.For(request.Client!, live.Route.Kind);
            const string why = "the site was closed while the request waited";
            await AnswerClosedAsync(context, current, live, request, request.ModeMethod, state, why).ConfigureAwait(false);
            return;
        }

        if (end.Report(context, request, live.Route.Name, reason) is var (response, known))
            await AnswerOwnAsync(context, response, known, current, modes.State, live).ConfigureAwait(false);
    }

    // The forwarder counts the body too: the server would also count chunk framing, and so reject a body of exactly the maximum size.
    private static void LimitBody(HttpContext context, long most)
    {
        if (
            RequestFraming.MayHaveBody(context.Request)
            && context.Request.ContentLength is null or > RouteSettings.DefaultMaxRequestBody
            && context.Feature<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature
        )
        {
            feature.MaxRequestBodySize = RequestFraming.IsChunked(context.Request) ? RequestFraming.MaxChunkedBytes(most) : null;
        }
    }

    private void CountRejected(HttpContext context, ModeState state)
    {
        metrics.Blocked(state.Mode);
        counts.Reject(state, ModeMethodOf(context, context.Request.Method));
    }

    private ValueTask AnswerAsync(HttpContext context, Refusal refusal, Site current, RouteState? live, IPAddress? client)
    {
        var (decision, state) = refusal;
        // A route's header rules add them, but these two responses are Router's own on every host.
        if (live is null || decision.Outcome is AdmissionOutcome.ServerOptions or AdmissionOutcome.BypassForm)
            ProtectiveHeaders.Add(context.Response);
        ending.Announce(context);
        switch (decision.Outcome)
        {
            case AdmissionOutcome.File:
                return live!.File!.WriteAsync(context, live.HeaderRules);
            case AdmissionOutcome.MethodNotAllowed:
                return FixedFile.RejectMethodAsync(context, live!.HeaderRules);
            case AdmissionOutcome.ServerOptions:
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                context.Response.Headers.Allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
                return ValueTask.CompletedTask;
            case AdmissionOutcome.ClosedRobots:
                CountRejected(context, state);
                return OwnResponseWriter.WriteRobotsAsync(context, live?.HeaderRules);
            case AdmissionOutcome.BypassForm:
                return bypassForm.HandleAsync(context, current, state, client ?? IPAddress.None);
            case AdmissionOutcome.Closed:
                CountRejected(context, state);
                BypassGate.MarkUnknown(context);
                break;
            case AdmissionOutcome.RateLimited:
                metrics.RateLimited(decision.RateLimit!);
                context.Response.Headers.RetryAfter = decision.RateLimit!.RetryAfter;
                break;
            case AdmissionOutcome.BodyTooLarge:
                metrics.Failed(live!.Upstream!.Settings.Name, ForwardFailure.RequestBodyTooLarge);
                // The server drains what is already on its way, for as long as it allows: if the connection were torn down while the client
                // still sends, the client would lose the response.
                if (context.Feature<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } any)
                    any.MaxRequestBodySize = null;
                break;
        }

        return WriteAsync(context, AnswerTo(decision.Outcome), RequestOutcome.NotForwarded, current, state, live);
    }

    // Sends Router's own response in place of a backend's.
    private ValueTask AnswerOwnAsync(
        HttpContext context,
        OwnResponse response,
        RequestOutcome outcome,
        Site current,
        ModeState state,
        RouteState? live
    )
    {
        if (live is null)
            ProtectiveHeaders.Add(context.Response);
        ending.Announce(context);
        return WriteAsync(context, response, outcome, current, state, live);
    }

    private ValueTask WriteAsync(
        HttpContext context,
        OwnResponse response,
        RequestOutcome outcome,
        Site current,
        ModeState state,
        RouteState? live
    )
    {
        // If one request could not be parsed reliably, the start of the next one is unknown.
        if (response == OwnResponse.BadRequest && context.Request.Protocol.StartsWith("HTTP/1", StringComparison.Ordinal))
            context.Response.Headers.Connection = "close";
        if (live is null)
            ProtectiveHeaders.AddPagePolicy(context.Response);
        return responses.WriteAsync(context, response, outcome, current.Pages, state, live?.Route, live?.HeaderRules);
    }

    private static OwnResponse AnswerTo(BadHttpRequestException error) =>
        error.StatusCode switch
        {
            StatusCodes.Status408RequestTimeout => OwnResponse.TooSlow,
            StatusCodes.Status413PayloadTooLarge => OwnResponse.TooLarge,
            _ => OwnResponse.BadRequest,
        };

    private static OwnResponse AnswerTo(AdmissionOutcome outcome) =>
        outcome switch
        {
            AdmissionOutcome.Malformed => OwnResponse.BadRequest,
            AdmissionOutcome.NotRouted => OwnResponse.NotFound,
            AdmissionOutcome.Forbidden => OwnResponse.Forbidden,
            AdmissionOutcome.Closed => OwnResponse.Closed,
            AdmissionOutcome.RateLimited => OwnResponse.TooMany,
            AdmissionOutcome.BodyTooLarge => OwnResponse.TooLarge,
            _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "has no response of Router's own"),
        };

    /// <summary>Why a request is not forwarded, and the mode that was checked.</summary>
    private readonly record struct Refusal(AdmissionDecision Decision, ModeState State);
}
