using System.Collections.Immutable;

namespace Router.Upstreams;

/// <summary>
/// Selects the destination of a request: of two random destinations, the one with fewer requests. That spreads the load almost as well as
/// comparing all of them, and several routers that decide at the same time do not all choose the same one.
/// </summary>
public static class DestinationPicker
{
    /// <summary>Selects a destination. One that was already tried or is unavailable is selected only if there is no other.</summary>
    /// <param name="tried">The index of the one that was tried; negative for none.</param>
    /// <param name="random">The random number generator.</param>
    /// <returns>The index of the selected destination.</returns>
    public static int Of(ImmutableArray<Destination> destinations, int tried, Random random)
    {
        if (destinations.Length == 1)
            return 0;
        var first = Draw(destinations, tried, -1, random) ?? Draw(destinations, -1, -1, random);
        if (first is null)
            // None is available. Whichever is selected, its breaker decides when it may be tried again.
            return random.Next(destinations.Length);
        var second = Draw(destinations, tried, first.Value, random);
        return second is not null && destinations[second.Value].InFlight < destinations[first.Value].InFlight ? second.Value : first.Value;
    }

    private static int? Draw(ImmutableArray<Destination> destinations, int tried, int but, Random random)
    {
        var start = random.Next(destinations.Length);
        for (var i = 0; i < destinations.Length; i++)
        {
            var index = (start + i) % destinations.Length;
            if (index != tried && index != but && destinations[index].IsAvailable)
                return index;
        }

        return null;
    }
}
