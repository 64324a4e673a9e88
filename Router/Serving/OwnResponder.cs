using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Router.Admission;
using Router.Headers;
using Router.Http;
using Router.Metrics;
using Router.Modes;
using Router.Pages;
using Router.Proxy;

namespace Router.Serving;

/// <summary>Sends the responses that Router makes itself to requests that are not forwarded, or whose forwarding failed.</summary>
public sealed class OwnResponder(
    OwnResponseWriter responses,
    RouterMetrics metrics,
    WindowCounts counts,
    BypassForm bypassForm,
    ConnectionClosing ending
)
{
    /// <summary>Responds to a request that is not forwarded.</summary>
    public ValueTask RespondAsync(HttpContext context, Refusal refusal, Site current, RouteState? live, IPAddress? client)
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
                context.Response.StatusCode = decision.Status!.Value;
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

        return WriteAsync(context, decision.Response!, RequestOutcome.NotForwarded, current, state, live);
    }

    /// <summary>Sends Router's own response instead of a backend's.</summary>
    public ValueTask RespondAsync(
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

    /// <summary>Responds to a request that the mode did not close when it arrived as to one that it closes.</summary>
    public ValueTask RespondClosedAsync(
        HttpContext context,
        Site current,
        RouteState live,
        IPAddress client,
        ModeState state,
        string reason
    )
    {
        var modeMethod = RequestFacts.ModeMethodOf(context, RequestFacts.MethodOf(context));
        var asked = RequestFacts.AdmissionRequestOf(context, modeMethod, client);
        var outcome = AdmissionPolicy.ClosedOutcome(asked, live.Route, state);
        var refusal = new Refusal(new AdmissionDecision(outcome, live.Route, reason), state);
        return RespondAsync(context, refusal, current, live, client);
    }

    /// <summary>The response to a request that the server found malformed while it read the body.</summary>
    public static OwnResponse ResponseTo(BadHttpRequestException error) =>
        error.StatusCode switch
        {
            StatusCodes.Status408RequestTimeout => OwnResponse.TooSlow,
            StatusCodes.Status413PayloadTooLarge => OwnResponse.TooLarge,
            _ => OwnResponse.BadRequest,
        };

    private void CountRejected(HttpContext context, ModeState state)
    {
        metrics.Blocked(state.Mode);
        counts.Reject(state, RequestFacts.ModeMethodOf(context, context.Request.Method));
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
}
