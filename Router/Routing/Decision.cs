using System.Collections.Immutable;
using System.Net;
using Router.Modes;

namespace Router.Routing;

/// <summary>What becomes of a request, in the order in which the questions are asked.</summary>
public enum Outcome
{
    /// <summary>Is it well-formed? No: 400.</summary>
    Malformed,

    /// <summary>Whose is it? Nobody's, and the site is open: 404.</summary>
    NotRouted,

    /// <summary>May this client? No: 403.</summary>
    Forbidden,

    /// <summary>May this mode? No: the closed site's 503.</summary>
    Closed,

    /// <summary>How often? More often than a rate limit of the route allows: 429.</summary>
    RateLimited,

    /// <summary>A question about the server as a whole (<c>OPTIONS *</c>): 204.</summary>
    Server,

    /// <summary>Yes to all: a file of Router's own is the answer.</summary>
    File,

    /// <summary>Yes to all: to the backend.</summary>
    Forward,
}

/// <summary>The facts that a decision needs.</summary>
/// <param name="Method">The request's method, as it came.</param>
/// <param name="Host">The <c>Host</c> field.</param>
/// <param name="Path">The raw path, without the query.</param>
/// <param name="Client">The client's address.</param>
public readonly record struct RequestFacts(string Method, string Host, string Path, IPAddress Client);

/// <summary>
/// What becomes of one request: a pure function of the request's facts, the table and the mode. The handler carries it out,
/// the tests enumerate it, and what is explained to an operator is this very decision.
/// </summary>
/// <param name="Outcome">What to do.</param>
/// <param name="Route">The route that it concerns; null where none does.</param>
/// <param name="Reason">Why, in a few words for an operator; never shown to a client.</param>
public readonly record struct Decision(Outcome Outcome, Route? Route, string Reason)
{
    /// <summary>Decides from the beginning.</summary>
    public static Decision Of(in RequestFacts facts, RouteTable table, Mode mode) =>
        Of(table.Match(facts.Host, facts.Path), facts.Method, facts.Client, mode);

    /// <summary>
    /// Decides where it is known already whose the request is. The handler asks in these two steps because it must count
    /// a request for a backend before it asks for the mode: the other way round, one that passed the check just before a switch
    /// and was counted just after it would escape the count of what is in flight.
    /// </summary>
    public static Decision Of(in RouteMatch match, string method, IPAddress client, Mode mode)
    {
        if (match.Fault is { } fault)
            return new Decision(Outcome.Malformed, null, fault);
        if (match.IsServer && !mode.IsClosed)
            return method is "OPTIONS" ? new Decision(Outcome.Server, null, "the server as a whole is asked") : new Decision(Outcome.Malformed, null, "only OPTIONS may have the target *");
        if (match.Route is not { } route)
            return mode.IsClosed
                ? new Decision(Outcome.Closed, null, "no route has this host, and the site is closed")
                : new Decision(Outcome.NotRouted, null, "no route has this host");
        if (route.Refuses)
            return new Decision(Outcome.Forbidden, route, "the rule refuses everyone");
        if (!Allows(route, client))
            return new Decision(Outcome.Forbidden, route, "the client is not in the route's allow list");
        if (!match.AlsoMet.IsDefault && !Allow(match.AlsoMet, client))
            return new Decision(Outcome.Forbidden, route, "another reading of the path meets a rule that does not allow the client");
        if (route.InEveryMode && method is ("GET" or "HEAD"))
            return new Decision(Outcome.File, route, "the rule answers with a file in every mode");
        if (!mode.Reaches(route.Kind, method))
            return new Decision(Outcome.Closed, route, "the mode closes the backend");
        return route.File is not null
            ? new Decision(Outcome.File, route, "the rule answers with a file")
            : new Decision(Outcome.Forward, route, "the mode reaches the backend");
    }

    // By itself: what it captures would be made for every request, and few paths have another reading.
    private static bool Allow(ImmutableArray<Route> routes, IPAddress client) => routes.All(route => Allows(route, client));

    private static bool Allows(Route route, IPAddress client) => route.AllowList?.Contains(client) ?? true;
}
