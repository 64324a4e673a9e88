using System.Globalization;
using Xunit.Abstractions;

namespace Router.Tests.Harness;

/// <summary>The seed of a test with random cases: drawn for each run, printed, and set by <c>ROUTER_SEED</c> to repeat a failure.</summary>
internal static class Seed
{
    /// <summary>
    /// How many random cases a test plays: a quarter of what it plays under <c>ROUTER_SOAK=1</c>. Each run draws other cases, so the runs
    /// of some days see what one long run sees.
    /// </summary>
    public static int Cases(int soak) => Environment.GetEnvironmentVariable("ROUTER_SOAK") == "1" ? soak : soak / 4;

    public static int Next(ITestOutputHelper output)
    {
        var seed = int.TryParse(
            Environment.GetEnvironmentVariable("ROUTER_SEED"),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var given
        )
            ? given
            : Random.Shared.Next();
        output.WriteLine($"ROUTER_SEED={seed}");
        return seed;
    }
}
