using Router.Admission;
using Router.Configuration;
using Router.Holding;
using Router.Http;
using Router.Metrics;
using Router.Modes;
using Router.Proxy.InFlight;
using Router.Telemetry;

namespace Router.Serving;

/// <summary>
/// Counts a request in everything that its handling is counted in: the metrics, the totals of its backend, the window, the stage of a
/// reopening, the traffic of its route and the access log.
/// </summary>
public sealed class RequestAccounting(
    RouterMetrics metrics,
    WindowCounts window,
    StageTraffic stages,
    InFlightRequests inFlight,
    ModeController modes,
    AccessLog log
)
{
    /// <summary>A request is forwarded to a backend that the mode closes to others.</summary>
    public void Exempted(Exemption exemption, ModeState state)
    {
        metrics.Exempted(exemption.Name);
        if (exemption.TesterId is not null)
            window.Bypass(state);
    }

    /// <summary>A round trip to a backend has ended, with a response or a failure.</summary>
    public void Forwarded(HttpContext context, RequestContext request, ForwardFailure? failure)
    {
        var (upstream, took) = (request.Upstream!, request.Duration - request.HeldTime);
        var status = failure is null ? context.Response.StatusCode : 0;
        metrics.Forwarded(upstream, context.Request.Method, status, took);
        upstream.Totals.Add(isError: status >= 500 || failure is not (null or ForwardFailure.ClientGone), took);
        if (modes.State is var state && request.Arrived > state.ActivatedAt && request.IsClosedBy(state))
            inFlight.CountClosed();
        if (stages.Current is { } stage && request.Exemption?.TesterId is null)
            stage.Count(request.Client!, request.Route.Kind, request.ModeMethod, context.Response.StatusCode, failure);
    }

    /// <summary>A request no longer waits in a mode that holds.</summary>
    public void HoldEnded(HoldEnd why, TimeSpan waited) => metrics.HoldEnded(why.JsonName(), waited);

    /// <summary>The handling of a request has ended.</summary>
    /// <param name="context">The request.</param>
    /// <param name="request">What is known about it.</param>
    /// <param name="site">The site that it was handled by last.</param>
    /// <param name="route">Its route; null if it has none.</param>
    public void Ended(HttpContext context, RequestContext request, Site site, RouteState? route)
    {
        // A client that disconnected before its response got no status; 200 is only the framework's initial value.
        (route?.Traffic ?? metrics.Traffic.NotRouted).Count(
            context.Request.Method,
            request.ClientLeft(context) ? 0 : context.Response.StatusCode
        );
        if (site.Settings.AccessLog)
            log.Write(context, request);
    }
}
