using System.Collections.Immutable;

namespace Router.Routing;

/// <summary>The route that a request matches.</summary>
public readonly struct RouteMatch
{
    private RouteMatch(Route? route, ImmutableArray<Route> alsoMet, string? violation)
    {
        Route = route;
        AlsoMatched = alsoMet;
        Violation = violation;
    }

    /// <summary>The route; null if no host pattern matches or the request is malformed.</summary>
    public Route? Route { get; }

    /// <summary>
    /// The other routes that some interpretation of the path matches (<see cref="PathInterpretations"/>), or the path matched
    /// case-sensitively: the client must satisfy their address rules as well. Default if there are none.
    /// </summary>
    public ImmutableArray<Route> AlsoMatched { get; }

    /// <summary>What is wrong with the request; null if it is well-formed.</summary>
    public string? Violation { get; }

    /// <summary>Whether the request is for the server as a whole: the target <c>*</c> (RFC 9112 section 3.2.4).</summary>
    public bool IsServer { get; private init; }

    internal static RouteMatch NotRouted => default;

    internal static RouteMatch Server => new(null, default, null) { IsServer = true };

    internal static RouteMatch Malformed(string violation) => new(null, default, violation);

    internal static RouteMatch Of(Route route) => new(route, default, null);

    internal static RouteMatch Of(Route route, ImmutableArray<Route> alsoMet) => new(route, alsoMet, null);
}
