using System.Collections.Immutable;

namespace Router.Upstreams;

/// <summary>
/// Which of several addresses gets a request: of two drawn at random, the one that has fewer. That spreads almost as well as looking
/// at all of them, and many routers that look at the same time do not all run to the same one.
/// </summary>
public static class DestinationPicker
{
    /// <summary>Chooses; an address that was tried already or is not available only where there is no other.</summary>
    /// <param name="destinations">The addresses.</param>
    /// <param name="tried">The position of the one that was tried; negative for none.</param>
    /// <param name="random">Draws.</param>
    /// <returns>The position of the choice.</returns>
    public static int Of(ImmutableArray<Destination> destinations, int tried, Random random)
    {
        if (destinations.Length == 1)
            return 0;
        var first = Draw(destinations, tried, -1, random) ?? Draw(destinations, -1, -1, random);
        if (first is null)
            // None is available: whichever it is, its breaker lets it be tried when the time has come.
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
