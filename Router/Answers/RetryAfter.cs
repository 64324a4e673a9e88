using System.Globalization;

namespace Router.Answers;

/// <summary>When a client may come back (RFC 9110 section 10.2.3): spread out, so that they do not all come at once.</summary>
public static class RetryAfter
{
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(60);

    /// <summary>Seconds: the least, give or take a fifth, drawn anew for each answer.</summary>
    public static string Draw() => Seconds(Least, Random.Shared.NextDouble());

    /// <summary>Seconds for a draw from 0 to 1.</summary>
    public static string Seconds(TimeSpan wait, double draw) =>
        ((int)Math.Round(wait.TotalSeconds * (0.8 + (0.4 * draw)))).ToString(CultureInfo.InvariantCulture);
}
