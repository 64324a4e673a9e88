using System.Collections.Immutable;

namespace Router.Routing;

/// <summary>Whose a request is.</summary>
public readonly struct RouteMatch
{
    private RouteMatch(Route? route, ImmutableArray<Route> alsoMet, string? violation)
    {
        Route = route;
        AlsoMatched = alsoMet;
        Violation = violation;
    }

    /// <summary>The route; null where no host pattern matches or the request is malformed.</summary>
    public Route? Route { get; }

    /// <summary>
    /// The other routes that some reading of the path meets (<see cref="PathInterpretations"/>), or the path in its own case:
    /// the client must satisfy their address rules as well. Default where there are none.
    /// </summary>
    public ImmutableArray<Route> AlsoMatched { get; }

    /// <summary>What is wrong with the request; null where it is well-formed.</summary>
    public string? Violation { get; }

    /// <summary>Whether the server as a whole is asked: the target <c>*</c> (RFC 9112 section 3.2.4).</summary>
    public bool IsServer { get; private init; }

    internal static RouteMatch NotRouted => default;

    internal static RouteMatch Server => new(null, default, null) { IsServer = true };

    internal static RouteMatch Malformed(string violation) => new(null, default, violation);

    internal static RouteMatch Of(Route route) => new(route, default, null);

    internal static RouteMatch Of(Route route, ImmutableArray<Route> alsoMet) => new(route, alsoMet, null);
}
