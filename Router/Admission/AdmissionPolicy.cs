using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Router.Access;
using Router.Configuration;
using Router.Modes;
using Router.Routing;

namespace Router.Admission;

/// <summary>
/// All checks before a request is forwarded, in one class: whether it is well-formed, the route, access, the mode, the rate limit and the
/// body size. The request handler carries out the decision, <c>explain</c> prints its steps, and <c>check</c> prints the table of
/// decisions.
/// </summary>
/// <param name="bypass">Finds testers' bypasses.</param>
/// <param name="time">The clock.</param>
/// <param name="assetGrace">How long after the site closes GET and HEAD requests for static files are still admitted.</param>
/// <param name="rateLimits">The rate limits of each route, at its <see cref="Route.Index"/>; default if rate limiting is off.</param>
public sealed class AdmissionPolicy(
    BypassGate bypass,
    TimeProvider time,
    TimeSpan assetGrace,
    ImmutableArray<ImmutableArray<RateLimit>> rateLimits
)
{
    /// <summary>
    /// Decides on a request. The route was matched before, because a request for a backend counts as in flight before the mode is checked.
    /// In the opposite order, a request that is admitted just before a mode change and counted just after it would escape the count.
    /// </summary>
    /// <param name="match">The matching route.</param>
    /// <param name="state">The current mode.</param>
    /// <param name="steps">Records the steps; null if nobody reads them.</param>
    public AdmissionDecision Evaluate(in AdmissionRequest request, in RouteMatch match, ModeState state, AdmissionSteps? steps = null)
    {
        if (match.Violation is { } violation)
            return Malformed(violation, steps);
        steps?.Add("request", "well-formed");
        if (IsOwnEndpoint(match, request.Path))
            return new AdmissionDecision(AdmissionOutcome.OwnEndpoint, null, "Router's own health check and metrics");
        var stage = state.Mode.Stage;
        state = state.For(request.Client, match.Route?.Kind ?? BackendKind.Frontend);
        var mode = state.Mode;
        if (match.IsServer && !mode.IsClosed)
        {
            return request.ModeMethod is "OPTIONS"
                ? new AdmissionDecision(AdmissionOutcome.ServerOptions, null, "OPTIONS * addresses the server as a whole")
                : Malformed("only OPTIONS may have the target *", steps);
        }

        if (match.Route is not { } route)
        {
            steps?.Add("route", "no route has this host");
            return mode.IsClosed
                ? new AdmissionDecision(ClosedOutcome(request, null, state), null, "no route has this host, and the site is closed")
                : new AdmissionDecision(AdmissionOutcome.NotRouted, null, "no route has this host");
        }

        steps?.Add("route", $"{route.Name}: host {route.HostText}, path {route.PathText ?? "(every other path)"}");
        if (RefusalOf(route, match.AlsoMatched, request.Client, steps) is { } refusal)
            return new AdmissionDecision(AdmissionOutcome.Forbidden, route, refusal);
        if (route.InEveryMode && request.ModeMethod is "GET" or "HEAD")
        {
            steps?.Add("mode", $"any: {route.File} is served in every mode");
            return new AdmissionDecision(AdmissionOutcome.File, route, "the rule serves a file in every mode");
        }

        if (stage is not null)
            steps?.Add("stage", DescribeStage(stage, route.Kind, request.Client));
        var decision = mode.Decide(route.Kind, request.ModeMethod);
        var isReached = decision == ModeDecision.Allow;
        var isForm = IsBypassForm(request, state);
        var exemption = route.Backend is null || isForm ? null : ExemptionOf(request, route, state, isReached);
        steps?.Add("mode", DescribeMode(mode, route, request, decision, exemption));
        if (isForm)
            return new AdmissionDecision(AdmissionOutcome.BypassForm, route, "the form in which a tester enters a token");
        if (decision == ModeDecision.Close && exemption is null)
            return new AdmissionDecision(ClosedOutcome(request, route, state), route, "the mode closes the backend");
        if (route.File is not null)
        {
            if (!isReached)
                return Held(route);
            return request.Method is "GET" or "HEAD"
                ? new AdmissionDecision(AdmissionOutcome.File, route, "the rule serves a file")
                : new AdmissionDecision(
                    AdmissionOutcome.MethodNotAllowed,
                    route,
                    "the rule serves a file, which supports only GET and HEAD"
                );
        }

        if (steps is not null)
            Describe(route, steps);
        if (!request.IsHypothetical && !request.HasWaited && LimitAbove(match, request) is { } limit)
            return new AdmissionDecision(AdmissionOutcome.RateLimited, route, "the client exceeds a rate limit") { RateLimit = limit };
        if (request.Http?.ContentLength > route.MaxRequestBody)
            return new AdmissionDecision(AdmissionOutcome.BodyTooLarge, route, "the body is longer than the route allows");
        if (!isReached && exemption is null)
            return Held(route);
        if (request.MustQueue && exemption is null)
            return new AdmissionDecision(AdmissionOutcome.Hold, route, "requests that have waited for longer are forwarded first");
        return new AdmissionDecision(AdmissionOutcome.Forward, route, isReached ? "the mode allows it" : exemption!.Name)
        {
            Exemption = exemption,
            PassesClosedMode = !isReached,
        };
    }

    /// <summary>
    /// Whether Router serves the path itself: its health check and its metrics, on every host that no pattern other than <c>*</c> routes.
    /// </summary>
    public static bool IsOwnEndpoint(in RouteMatch match, ReadOnlySpan<char> path) =>
        match is { Violation: null, Route: null or { IsCatchAll: true } } && IsOwnPath(path);

    /// <summary>Whether the path is one of those that Router serves itself.</summary>
    public static bool IsOwnPath(ReadOnlySpan<char> path) => path is "/_metrics" || path.StartsWith("/_status", StringComparison.Ordinal);

    private static AdmissionDecision Held(Route route) => new(AdmissionOutcome.Hold, route, "the mode holds requests until it opens");

    /// <summary>The outcome of a request that the mode closes out.</summary>
    public static AdmissionOutcome ClosedOutcome(in AdmissionRequest request, Route? route, ModeState state) =>
        request.Path is "/robots.txt" && request.Method is "GET" or "HEAD" ? AdmissionOutcome.ClosedRobots
        : route is not null && IsBypassForm(request, state) ? AdmissionOutcome.BypassForm
        : AdmissionOutcome.Closed;

    // Whatever the mode decides about a GET to this backend: the page is for whatever the mode closes.
    private static bool IsBypassForm(in AdmissionRequest request, ModeState state) =>
        BypassGate.IsOpen(state) && request.Path is BypassGate.FormPath && state.Mode.RestrictsAnything;

    private static AdmissionDecision Malformed(string violation, AdmissionSteps? steps)
    {
        steps?.Add("request", $"malformed: {violation}");
        return new AdmissionDecision(AdmissionOutcome.Malformed, null, violation);
    }

    // Another spelling of the path must not bypass a route's allow list.
    private static string? RefusalOf(Route route, ImmutableArray<Route> alsoMet, IPAddress client, AdmissionSteps? steps)
    {
        if (route.Refuses)
        {
            steps?.Add("access", "denied: the rule refuses everyone");
            return "the rule refuses everyone";
        }

        var isAllowed = Allows(route, client, steps);
        for (var i = 0; isAllowed && !alsoMet.IsDefault && i < alsoMet.Length; i++)
        {
            if (!Allows(alsoMet[i], client, steps))
                return "another interpretation of the path matches a rule that does not allow the client";
        }

        return isAllowed ? null : "the client is not in the route's allow list";
    }

    private static bool Allows(Route route, IPAddress client, AdmissionSteps? steps)
    {
        var isAllowed = route.AllowList?.Contains(client) ?? true;
        steps?.Add("access", DescribeAccess(route, client, isAllowed));
        return isAllowed;
    }

    // Without an address, a client is assumed to be outside every list that does not allow all addresses.
    private static string DescribeAccess(Route route, IPAddress client, bool isAllowed) =>
        route.AllowList is not { } list
            ? $"allowed: {route.Name} is open to everyone"
            : (client.Equals(IPAddress.None), isAllowed) switch
            {
                (true, true) => $"allowed: {list.Name} allows every IPv4 address ({route.Name})",
                (true, false) => $"denied: a client outside {list.Name} ({route.Name})",
                (false, true) => $"allowed: {client} is in {list.Name} ({route.Name})",
                (false, false) => $"denied: {client} is not in {list.Name} ({route.Name})",
            };

    // Static files are still admitted for a while after the site closes. A request that was admitted before that is not checked again.
    private Exemption? ExemptionOf(in AdmissionRequest request, Route route, ModeState state, bool isReached) =>
        route.IsStatic
        && request.Method is "GET" or "HEAD"
        && !request.HasUpgradeHeader
        && (isReached ? assetGrace > TimeSpan.Zero : time.GetUtcNow() - state.Step.FrontendsOpenUntil < assetGrace)
            ? Exemption.AssetGrace
        : isReached ? null
        : bypass.ExemptionOf(request, state);

    private RateLimit? LimitAbove(in RouteMatch match, in AdmissionRequest request)
    {
        if (rateLimits.IsDefault)
            return null;
        var own = rateLimits[match.Route!.Index];
        foreach (var limit in match.AlsoMatched.IsDefault ? own : Union(own, match.AlsoMatched))
        {
            if (!limit.Allows(request.Method, request.Client))
                return limit;
        }

        return null;
    }

    // Another spelling of the path must not bypass a route's rate limit.
    private ImmutableArray<RateLimit> Union(ImmutableArray<RateLimit> own, ImmutableArray<Route> alsoMet) =>
        [.. own.Union(alsoMet.SelectMany(other => rateLimits[other.Index]))];

    private static string DescribeMode(Mode mode, Route route, in AdmissionRequest request, ModeDecision decision, Exemption? exemption)
    {
        var kind = route.Kind.JsonName();
        var text = decision switch
        {
            ModeDecision.Allow => $"{mode} allows {request.ModeMethod} to the {kind}",
            ModeDecision.Hold => $"{mode} holds {request.ModeMethod} to the {kind}",
            _ => $"{mode} closes the {kind} for {request.ModeMethod}",
        };
        return decision == ModeDecision.Allow || exemption is null ? text : $"{text}, but this request is exempt: {exemption.Description}";
    }

    private static string DescribeStage(ReopeningMode stage, BackendKind kind, IPAddress client) =>
        (kind, stage.IsOpenTo(client, kind)) switch
        {
            (BackendKind.Api, true) => $"the APIs are open from the first stage on: {stage.Plan.To} applies",
            (BackendKind.Api, false) => $"the APIs open in the last stage: {stage.Plan.Closed} applies",
            (_, var isIn) => string.Create(
                CultureInfo.InvariantCulture,
                $"{(client.Equals(IPAddress.None) ? "a client without an address" : client)} is {(isIn ? "" : "not ")}one of the "
                    + $"{stage.Plan.Share} % of clients who are let in: {(isIn ? stage.Plan.To : stage.Plan.Closed)} applies"
            ),
        };

    private void Describe(Route route, AdmissionSteps steps)
    {
        steps.Add(
            "rate limit",
            route.RateLimits is [] ? "none"
                : rateLimits.IsDefault ? "rate limiting is off"
                : string.Join(
                    ", ",
                    route.RateLimits.Select(limit =>
                        string.Create(CultureInfo.InvariantCulture, $"{limit.Name}: {limit.Rate} per second after a burst of {limit.Burst}")
                    )
                )
        );
        steps.Add("body size", $"at most {SizeText.Of(route.MaxRequestBody)}");
        steps.Add("backend", $"{route.Backend!.Name} at {route.Backend.Addresses}");
    }
}
