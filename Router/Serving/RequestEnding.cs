using Router.Http;
using Router.Metrics;
using Router.Modes;
using Router.Pages;
using Router.Proxy.InFlight;

namespace Router.Serving;

/// <summary>
/// Handles every backend request that ends without a complete response to the client, whatever the reason. What is known about it is
/// decided once: the list of writes of unknown outcome, the counters, the access log and the response to the client all follow from that
/// decision, so they always agree.
/// </summary>
public sealed partial class RequestEnding(
    InFlightRequests inFlight,
    UncertainWrites uncertain,
    RouterMetrics metrics,
    FleetClock time,
    ILogger<RequestEnding> logger
)
{
    /// <summary>
    /// Decides the outcome and reports it. Call it while the request is still in flight, so that a write is at every instant either in the
    /// list of requests in flight or in that of uncertain writes.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="request">What is known about it.</param>
    /// <param name="route">The name of its route.</param>
    /// <param name="reason">Why it ended.</param>
    /// <returns>Router's own response and the outcome it must state; null if no client is left to receive it, or a response has already
    /// started.</returns>
    public (OwnResponse Response, RequestOutcome Outcome)? Report(
        HttpContext context,
        RequestContext request,
        string route,
        ForwardFailure reason
    )
    {
        var clientLeft = reason == ForwardFailure.ClientGone;
        // An upgraded connection has already had its response.
        request.Failed(clientLeft && !request.IsUpgraded);
        // A partial response must not look complete.
        if (clientLeft || context.Response.HasStarted)
            context.Abort();
        var response = clientLeft || context.Response.HasStarted ? null : ResponseTo(reason);
        var backend = request.Upstream!.Settings;
        metrics.Failed(backend.Name, reason);
        if (reason == ForwardFailure.Cut)
            inFlight.CountCut();
        var isUncertain = request is { IsWrite: true, IsComplete: false };
        if (isUncertain)
            Add(context, request, reason, response);
        if (!clientLeft)
            LogFailed(ForwardFailures.NameOf(reason), backend.Name, route, request.Age.TotalMilliseconds);
        return response is null
            ? null
            : (
                response,
                isUncertain ? RequestOutcome.Unknown
                : request.HasBegun ? RequestOutcome.Unstated
                : RequestOutcome.NotForwarded
            );
    }

    private void Add(HttpContext context, RequestContext request, ForwardFailure reason, OwnResponse? response)
    {
        var (now, backend) = (time.GetUtcNow(), request.Upstream!.Settings);
        uncertain.Add(
            new UncertainWrite(
                now,
                backend.Name,
                request.ShownMethod,
                request.Host,
                request.ShownPath,
                request.RequestId(context),
                ForwardFailures.NameOf(reason),
                response?.Status,
                RequestMethods.IsIdempotent(request.Method) && !request.IsUpgraded,
                now + backend.WriteSettleTime
            )
        );
    }

    private static OwnResponse ResponseTo(ForwardFailure failure) =>
        failure switch
        {
            ForwardFailure.ResponseTimeout
            or ForwardFailure.ConnectTimeout
            or ForwardFailure.RequestTimeout
            or ForwardFailure.IdleTimeout => OwnResponse.GatewayTimeout,
            ForwardFailure.CircuitOpen or ForwardFailure.Overloaded => OwnResponse.Busy,
            ForwardFailure.InvalidRequest or ForwardFailure.InvalidRequestBody => OwnResponse.BadRequest,
            ForwardFailure.RequestHeaderTooLarge => OwnResponse.HeaderTooLarge,
            ForwardFailure.RequestBodyTooSlow => OwnResponse.TooSlow,
            ForwardFailure.RequestBodyTooLarge => OwnResponse.TooLarge,
            ForwardFailure.Cut or ForwardFailure.Stopped => OwnResponse.Cut,
            ForwardFailure.InternalError => OwnResponse.InternalError,
            _ => OwnResponse.BadGateway,
        };

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Forwarding failed: {Reason} (backend {Backend}, route {Route}, after {Milliseconds:F0} ms)"
    )]
    private partial void LogFailed(string reason, string backend, string route, double milliseconds);
}
