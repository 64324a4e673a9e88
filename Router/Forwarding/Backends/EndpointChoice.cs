using System.Collections.Immutable;

namespace Router.Forwarding.Backends;

/// <summary>
/// Which of several addresses gets a request: of two drawn at random, the one that has fewer. That spreads almost as well as looking
/// at all of them, and many routers that look at the same time do not all run to the same one.
/// </summary>
public static class EndpointChoice
{
    /// <summary>Chooses; an address that was tried already or is not available only where there is no other.</summary>
    public static Endpoint Of(ImmutableArray<Endpoint> endpoints, Endpoint? tried, Random random)
    {
        if (endpoints.Length == 1)
            return endpoints[0];
        var first = Draw(endpoints, tried, null, random) ?? Draw(endpoints, null, null, random);
        if (first is null)
            // None is available: whichever it is, its breaker lets it be tried when the time has come.
            return endpoints[random.Next(endpoints.Length)];
        var second = Draw(endpoints, tried, first, random);
        return second is not null && second.InFlight < first.InFlight ? second : first;
    }

    private static Endpoint? Draw(ImmutableArray<Endpoint> endpoints, Endpoint? tried, Endpoint? but, Random random)
    {
        var start = random.Next(endpoints.Length);
        for (var i = 0; i < endpoints.Length; i++)
        {
            var endpoint = endpoints[(start + i) % endpoints.Length];
            if (endpoint != tried && endpoint != but && endpoint.IsAvailable)
                return endpoint;
        }

        return null;
    }
}
