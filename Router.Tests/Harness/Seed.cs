using System.Globalization;
using Xunit.Abstractions;

namespace Router.Tests.Harness;

/// <summary>The seed of a test with random cases: drawn anew, printed, and taken from <c>ROUTER_SEED</c> to play a failure again.</summary>
internal static class Seed
{
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
