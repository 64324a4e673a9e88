using Router.Http;
using Router.Metrics;
using Router.Modes;
using Router.Pages;
using Router.Proxy.InFlight;

namespace Router.Serving;

/// <summary>
/// Every exchange with a backend that ends without a complete response to the client ends here, for whatever reason. What is known about it
/// is decided once: the list of writes of unknown outcome, the counters, the access log and what the client is told follow from that, so
/// they always agree.
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
    /// Decides, and reports. To be called while the exchange is still open, so that a write is at any instant in the list of one or of the
    /// other.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="record">What is known of it.</param>
    /// <param name="route">The name of its route.</param>
    /// <param name="reason">Why it ended.</param>
    /// <returns>What Router is to answer, and what that is to say of the request; null where nobody is left to answer, or a response has
    /// begun.</returns>
    public (OwnResponse Answer, RequestOutcome Outcome)? Report(
        HttpContext context,
        RequestRecord record,
        string route,
        ForwardFailure reason
    )
    {
        var clientLeft = reason == ForwardFailure.ClientGone;
        // What has changed its protocol has had its response.
        record.Failed(clientLeft && !record.IsUpgraded);
        // Half a response must not look like a complete one.
        if (clientLeft || context.Response.HasStarted)
            context.Abort();
        var response = clientLeft || context.Response.HasStarted ? null : AnswerTo(reason);
        var backend = record.Upstream!.Settings;
        metrics.Failed(backend.Name, reason);
        if (reason == ForwardFailure.Cut)
            inFlight.CountCut();
        var isUncertain = record is { IsWrite: true, IsComplete: false };
        if (isUncertain)
            Add(context, record, reason, response);
        if (!clientLeft)
            LogFailed(ForwardFailures.NameOf(reason), backend.Name, route, record.Age.TotalMilliseconds);
        return response is null
            ? null
            : (
                response,
                isUncertain ? RequestOutcome.Unknown
                : record.HasBegun ? RequestOutcome.Unstated
                : RequestOutcome.NotForwarded
            );
    }

    private void Add(HttpContext context, RequestRecord record, ForwardFailure reason, OwnResponse? response)
    {
        var (now, backend) = (time.GetUtcNow(), record.Upstream!.Settings);
        uncertain.Add(
            new UncertainWrite(
                now,
                backend.Name,
                record.Method,
                record.Host,
                record.Path,
                record.RequestId(context),
                ForwardFailures.NameOf(reason),
                response?.Status,
                RequestMethods.IsIdempotent(record.Method) && !record.IsUpgraded,
                now + backend.WriteSettleTime
            )
        );
    }

    private static OwnResponse AnswerTo(ForwardFailure failure) =>
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
