using System.Globalization;

namespace Router.Tests.Harness;

/// <summary>Reads Prometheus text.</summary>
internal static class MetricsText
{
    /// <summary>The sum over all label sets of the metrics whose names begin like this, but for histograms' parts.</summary>
    public static double Sum(string text, string name) =>
        text.Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal))
            .Sum(line => double.Parse(line.Split('}')[^1].Trim().Split(' ')[0], CultureInfo.InvariantCulture));
}
