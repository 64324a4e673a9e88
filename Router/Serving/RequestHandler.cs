using System.Net;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Router.Access;
using Router.Admission;
using Router.Configuration;
using Router.Headers;
using Router.Http;
using Router.Metrics;
using Router.Modes;
using Router.Pages;
using Router.Proxy;
using Router.Proxy.InFlight;
using Router.Routing;
using Router.Telemetry;

namespace Router.Serving;

/// <summary>
/// The catch-all handler: every request for a routed host. It gathers the facts, has <see cref="AdmissionPolicy"/> decide, and carries the
/// decision out.
/// </summary>
public sealed class RequestHandler(
    CurrentSite site,
    ModeController modes,
    Forwarder forwarder,
    OwnResponseWriter responses,
    RouterMetrics metrics,
    AccessLog accessLog,
    Tracing tracing,
    BypassForm bypassForm,
    ConnectionClosing ending,
    InFlightRequests inFlight,
    RequestEnding end,
    FleetClock time
)
{
    /// <summary>The paths that are Router's own on every host that no pattern but <c>*</c> routes.</summary>
    public static bool IsOwn(ReadOnlySpan<char> path) => path is "/_metrics" || path.StartsWith("/_status", StringComparison.Ordinal);

    /// <summary>Handles a request, or passes it on to Router's own endpoints where no route has it.</summary>
    public Task HandleAsync(HttpContext context, RequestDelegate own)
    {
        var record = new RequestRecord(time);
        // A process that was paused may know a mode that is long over. Asked before the request is counted: one that waits is with no
        // backend.
        return modes.Contact is { } contact && contact.IsStaleAt(record.Arrived)
            ? AskFirstAsync(context, own, contact, record)
            : HandleAsync(context, own, record);
    }

    private Task HandleAsync(HttpContext context, RequestDelegate own, RequestRecord record)
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

        var live = match.Route is { } route ? current.Routes[route.Index] : null;
        if (live?.Upstream is { } upstream)
        {
            // Counted first, asked for the mode second: see AdmissionPolicy.
            upstream.Enter();
            inFlight.Enter(record);
        }

        return HandleAsync(context, current, match, live, pathAndQuery, record);
    }

    private async Task AskFirstAsync(HttpContext context, RequestDelegate own, StoreContact contact, RequestRecord record)
    {
        // The health check asks no backend, and a platform that got no answer would start this instance anew.
        if (!IsOwn(context.Request.Path.Value))
        {
            await contact.WaitAsync(record.Arrived, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // It waited, and its client may have left.
            (context.Feature<IConnectionLifetimeFeature>() as HalfClose)?.RequireInput();
        }

        await HandleAsync(context, own, record).ConfigureAwait(false);
    }

    // One method for the way of a request that goes well: each one that waits costs it as much as a field or two.
    private async Task HandleAsync(
        HttpContext context,
        Site current,
        RouteMatch match,
        RouteState? live,
        string pathAndQuery,
        RequestRecord record
    )
    {
        try
        {
            if (Decide(context, current, match, live, pathAndQuery, record, out var refusal) is not { } forward)
            {
                // It does not go to the backend: however long its response takes, it does not count as in flight.
                Leave(record, live);
                await AnswerAsync(context, refusal, current, live, record.Client).ConfigureAwait(false);
                return;
            }

            using var span = tracing.Begin(context, forward.Route, forward.Upstream);
            forward.Span = tracing.Current;
            LimitBody(context, forward.Route.MaxRequestBody);
            var failure = await forwarder.ForwardAsync(context, forward).ConfigureAwait(false);
            Tracing.End(span, context.Response.StatusCode, failure);
            if (failure != ForwardFailure.Closed)
                metrics.Forwarded(
                    forward.Upstream,
                    context.Request.Method,
                    failure is null ? context.Response.StatusCode : 0,
                    record.Duration
                );
            if (failure is { } reason)
                await AnswerFailureAsync(context, current, live!, record, reason).ConfigureAwait(false);
        }
        // The body of a request that Router answers itself: the server reads no further, and says what is wrong with it.
        catch (BadHttpRequestException error)
            when (record.Upstream is null && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            context.Response.Clear();
            await AnswerOwnAsync(context, AnswerTo(error), RequestOutcome.NotForwarded, current, modes.State, live).ConfigureAwait(false);
        }
        catch
        {
            if (record is { Upstream: not null, HasEnded: false })
                end.Report(context, record, live!.Route.Name, ForwardFailure.InternalError);
            // What the server makes of it when it gets there; counters and log are to say the same.
            if (!context.Response.HasStarted)
                context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            throw;
        }
        finally
        {
            Leave(record, live);
            // A client that left before its answer got no status, and 200 is only what the framework begins with.
            (live?.Traffic ?? metrics.Traffic.NotRouted).Count(
                context.Request.Method,
                record.ClientLeft(context) ? 0 : context.Response.StatusCode
            );
            if (current.Settings.AccessLog)
                accessLog.Write(context, record);
        }
    }

    // What to forward; null where Router answers itself, and then what it answers to.
    private ForwardContext? Decide(
        HttpContext context,
        Site current,
        in RouteMatch match,
        RouteState? live,
        string pathAndQuery,
        RequestRecord record,
        out Refusal refusal
    )
    {
        var peer = context.Connection.RemoteIpAddress ?? IPAddress.None;
        // Once: a list that is replaced in between must not be asked in two versions.
        var proxies = current.TrustedProxies;
        var client = ClientAddress.Of(peer, context.Request.Headers["X-Forwarded-For"], proxies);
        record.Client = client;
        var state = modes.State;
        var method = MethodOf(context);
        var modeMethod = ModeMethodOf(context, method);
        var decision = current.Admission.Evaluate(RequestOf(context, modeMethod, client), match, state);
        refusal = new Refusal(decision, state);
        if (decision.Outcome != AdmissionOutcome.Forward)
            return null;
        if (decision is { PassesClosedMode: true, Exemption: { } exemption })
        {
            metrics.Passed(exemption.Name);
            if (exemption.TesterId is { } tester)
                BypassGate.MarkUsed(context.Response, tester);
        }

        record.Admit(live!.Upstream!, method, modeMethod, context.Request.Headers.Host.ToString(), pathAndQuery, decision.Exemption);
        return new ForwardContext
        {
            Route = live.Route,
            Upstream = live.Upstream!,
            PathAndQuery = pathAndQuery,
            Client = client,
            PeerIsTrusted = proxies?.Contains(peer) ?? false,
            RequestRules = current.RequestRules,
            HeaderRules = live.HeaderRules,
            ErrorPage = live.ErrorPage,
            Record = record,
        };
    }

    private void Leave(RequestRecord record, RouteState? live)
    {
        if (inFlight.Leave(record))
            live!.Upstream!.Leave();
    }

    private static AdmissionRequest RequestOf(HttpContext context, string modeMethod, IPAddress client) =>
        new(context.Request.Method, modeMethod, context.Request.Path.Value ?? "", client, context.Request);

    // RFC 8441 section 5: what asks for a WebSocket by CONNECT in HTTP/2 asks for it by GET in HTTP/1.1.
    private static string MethodOf(HttpContext context) =>
        context.Request.Method is "CONNECT" && context.Feature<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true }
            ? "GET"
            : context.Request.Method;

    // To the modes a request for an upgrade is what it comes to: a tunnel, through which anything may be written.
    private static string ModeMethodOf(HttpContext context, string method) => Forwarder.AsksForUpgrade(context) ? "CONNECT" : method;

    private static RouteMatch Match(Site site, HttpContext context, out string pathAndQuery)
    {
        pathAndQuery = context.Feature<IHttpRequestFeature>()!.RawTarget;
        if (!RequestTarget.TryRead(pathAndQuery, out var target))
            return RouteMatch.Malformed(
                "the request target is not one of the forms of RFC 9112 section 3.2, or has characters that none may have"
            );
        if (RequestFraming.FaultOf(context) is { } violation)
            return RouteMatch.Malformed(violation);
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

    private async ValueTask AnswerFailureAsync(
        HttpContext context,
        Site current,
        RouteState live,
        RequestRecord record,
        ForwardFailure reason
    )
    {
        if (reason == ForwardFailure.Closed)
        {
            // Nothing has failed: the site was closed while the request waited for its turn.
            Leave(record, live);
            var state = modes.State;
            var outcome = AdmissionPolicy.ClosedOutcome(RequestOf(context, record.ModeMethod, record.Client!), live.Route, state);
            var refusal = new Refusal(new AdmissionDecision(outcome, live.Route, "the site was closed while the request waited"), state);
            await AnswerAsync(context, refusal, current, live, record.Client).ConfigureAwait(false);
            return;
        }

        if (end.Report(context, record, live.Route.Name, reason) is var (response, known))
            await AnswerOwnAsync(context, response, known, current, modes.State, live).ConfigureAwait(false);
    }

    // The forwarder counts along: the server would count the framing of chunks too, and so refuse a body that is just as long as it may be.
    private static void LimitBody(HttpContext context, long most)
    {
        if (
            RequestFraming.MayHaveBody(context.Request)
            && context.Request.ContentLength is null or > RuleSettings.DefaultMaxRequestBody
            && context.Feature<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature
        )
        {
            feature.MaxRequestBodySize = RequestFraming.IsChunked(context.Request) ? RequestFraming.MostChunkedBytes(most) : null;
        }
    }

    private ValueTask AnswerAsync(HttpContext context, Refusal refusal, Site current, RouteState? live, IPAddress? client)
    {
        var (decision, state) = refusal;
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
                metrics.Blocked(state.Mode);
                return OwnResponseWriter.WriteRobotsAsync(context, live?.HeaderRules);
            case AdmissionOutcome.BypassForm:
                return bypassForm.HandleAsync(context, current, state, client ?? IPAddress.None);
            case AdmissionOutcome.Closed:
                metrics.Blocked(state.Mode);
                BypassGate.MarkUnknown(context);
                break;
            case AdmissionOutcome.RateLimited:
                metrics.RateLimited(decision.RateLimit!);
                context.Response.Headers.RetryAfter = decision.RateLimit!.RetryAfter;
                break;
            case AdmissionOutcome.BodyTooLarge:
                metrics.Failed(live!.Upstream!.Settings.Name, ForwardFailure.RequestBodyTooLarge);
                // What is on its way already is taken off the wire, for as long as the server cares to: torn down under a client
                // that still sends, the connection would lose it the response.
                if (context.Feature<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } any)
                    any.MaxRequestBodySize = null;
                break;
        }

        return WriteAsync(context, AnswerTo(decision.Outcome), RequestOutcome.NotForwarded, current, state, live);
    }

    // In the place of a backend's response.
    private ValueTask AnswerOwnAsync(
        HttpContext context,
        OwnResponse response,
        RequestOutcome outcome,
        Site current,
        ModeState state,
        RouteState? live
    )
    {
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
        // Where one request could not be read for certain, nobody knows where the next one begins.
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

    /// <summary>Why a request is not forwarded, and the mode that was asked.</summary>
    private readonly record struct Refusal(AdmissionDecision Decision, ModeState State);
}
