using System.Net;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Router.Access;
using Router.Admission;
using Router.Configuration;
using Router.Headers;
using Router.Holding;
using Router.Http;
using Router.Modes;
using Router.Pages;
using Router.Proxy;
using Router.Proxy.InFlight;
using Router.Routing;
using Router.Telemetry;

namespace Router.Serving;

/// <summary>
/// The catch-all handler for every request to a routed host. It gathers the facts, lets <see cref="AdmissionPolicy"/> decide, and carries
/// out the decision.
/// </summary>
public sealed class RequestHandler(
    CurrentSite site,
    ModeController modes,
    Forwarder forwarder,
    OwnResponder responder,
    RequestAccounting accounting,
    Tracing tracing,
    ConnectionClosing ending,
    InFlightRequests inFlight,
    HeldRequests hold,
    RequestEnding end,
    FleetClock time
)
{
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
        var match = RequestFacts.Match(current, context, out var pathAndQuery);
        if (AdmissionPolicy.IsOwnEndpoint(match, context.Request.Path.Value))
        {
            tracing.Ignore();
            ProtectiveHeaders.Add(context.Response);
            ending.Announce(context);
            return own(context);
        }

        return HandleAsync(context, current, match, ResolveAndCount(current, match, request), pathAndQuery, request);
    }

    private RouteState? ResolveAndCount(Site current, in RouteMatch match, RequestContext request)
    {
        var live = current.StateOf(match);
        if (live?.Upstream is { } upstream)
        {
            // Count first, check the mode second: see AdmissionPolicy.
            inFlight.Add(request, upstream);
        }

        return live;
    }

    private async Task AskFirstAsync(HttpContext context, RequestDelegate own, StoreContact contact, RequestContext request)
    {
        // The health check needs no backend, and a platform that got no response would restart this instance.
        if (!AdmissionPolicy.IsOwnPath(context.Request.Path.Value))
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
                    using var span = tracing.StartSpan(context, route, upstream);
                    request.Span = tracing.Current;
                    LimitBody(context, route.MaxRequestBody);
                    var failure = await forwarder.ForwardAsync(context, request).ConfigureAwait(false);
                    Tracing.EndSpan(span, context.Response.StatusCode, failure);
                    if (failure != ForwardFailure.Closed)
                        accounting.Forwarded(context, request, failure);
                    if (failure is not { } reason)
                        return;
                    if (!request.MayStartOver)
                    {
                        await RespondToFailureAsync(context, current, live!, request, reason).ConfigureAwait(false);
                        return;
                    }

                    // The mode changed while the request waited for its turn: it is decided again under the new one.
                    request.EndExemption();
                    inFlight.Remove(request);
                }
                else
                {
                    // The request does not go to the backend: however long its response takes, it does not count as in flight.
                    inFlight.Remove(request);
                    held?.ReturnPermit();
                    if (refusal.Decision.Outcome != AdmissionOutcome.Hold)
                    {
                        await responder.RespondAsync(context, refusal, current, live, request.Client).ConfigureAwait(false);
                        return;
                    }

                    held = hold.Add(
                        live!.Route.Kind,
                        RequestFacts.ModeMethodOf(context, RequestFacts.MethodOf(context)),
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
                match = RequestFacts.Match(current, context, out pathAndQuery);
                live = ResolveAndCount(current, match, request);
            }
        }
        // The body of a request that Router responds to itself: the server stops reading and says what is wrong with it.
        catch (BadHttpRequestException error)
            when (request.Upstream is null && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            context.Response.Clear();
            await responder
                .RespondAsync(context, OwnResponder.ResponseTo(error), RequestOutcome.NotForwarded, current, modes.State, live)
                .ConfigureAwait(false);
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
            inFlight.Remove(request);
            accounting.Ended(context, request, current, live);
        }
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
        var method = RequestFacts.MethodOf(context);
        var modeMethod = RequestFacts.ModeMethodOf(context, method);
        var decision = current.Admission.Evaluate(
            RequestFacts.AdmissionRequestOf(context, modeMethod, client) with
            {
                HasWaited = request.HeldSince is not null || request.Upstream is not null,
                MustQueue = held is null && hold.MustQueue(live?.Upstream),
            },
            match,
            state
        );
        refusal = new Refusal(decision, state.For(client, match.Route?.Kind ?? BackendKind.Frontend));
        if (decision.Outcome != AdmissionOutcome.Forward)
            return false;
        if (decision is { PassesClosedMode: true, Exemption: { } exemption })
        {
            accounting.Exempted(exemption, state);
            if (exemption.TesterId is { } tester)
                BypassGate.MarkUsed(context.Response, tester, () => request.Exemption?.TesterId == tester);
        }

        request.PeerIsTrusted = proxies?.Contains(peer) ?? false;
        (request.RequestRules, request.HeaderRules, request.ErrorPage) = (current.RequestRules, live!.HeaderRules, live.ErrorPage);
        request.Permit = held?.TakePermit(live.Upstream!);
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
        await using (gone.UnsafeRegister(_ => hold.Cancel(held), null).ConfigureAwait(false))
            end = await held.Ended.ConfigureAwait(false);
        var waited = request.EndHold();
        // A request whose client has gone is never forwarded, and a half-closed connection may be one.
        if (gone.IsCancellationRequested || connection is { HasClientClosed: true })
        {
            end = HoldEnd.ClientGone;
            request.Failed(clientLeft: true);
            context.Abort();
        }

        accounting.HoldEnded(end, waited);
        return end;
    }

    private ValueTask EndHoldAsync(HttpContext context, Site current, RouteState live, RequestContext request, ModeState state, HoldEnd why)
    {
        if (why == HoldEnd.ClientGone)
            return ValueTask.CompletedTask;
        return responder.RespondClosedAsync(context, current, live, request.Client!, state, "the request could not wait any longer");
    }

    private async ValueTask RespondToFailureAsync(
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
            inFlight.Remove(request);
            var state = modes.State.For(request.Client!, live.Route.Kind);
            const string why = "the site was closed while the request waited";
            await responder.RespondClosedAsync(context, current, live, request.Client!, state, why).ConfigureAwait(false);
            return;
        }

        if (end.Report(context, request, live.Route.Name, reason) is var (response, known))
            await responder.RespondAsync(context, response, known, current, modes.State, live).ConfigureAwait(false);
    }

    // The forwarder counts the body too: the server would also count chunk framing, and so reject a body of exactly the maximum size.
    private static void LimitBody(HttpContext context, long max)
    {
        if (
            RequestFraming.MayHaveBody(context.Request)
            && context.Request.ContentLength is null or > RouteSettings.DefaultMaxRequestBody
            && context.Feature<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature
        )
        {
            feature.MaxRequestBodySize = RequestFraming.IsChunked(context.Request) ? RequestFraming.MaxChunkedBytes(max) : null;
        }
    }
}
