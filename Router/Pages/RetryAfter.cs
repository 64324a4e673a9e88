using System.Globalization;

namespace Router.Pages;

/// <summary>When a client may retry (RFC 9110 section 10.2.3): spread out, so that clients do not all return at once.</summary>
public static class RetryAfter
{
    private static readonly TimeSpan Min = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Max = TimeSpan.FromHours(1);

    /// <summary>
    /// Seconds until the announced end, from a minute to an hour, plus or minus a fifth, drawn at random for each response. A minute if no
    /// end is known or it has passed.
    /// </summary>
    public static string Draw(DateTimeOffset? until, DateTimeOffset now) => Seconds(Wait(until - now ?? Min), Random.Shared.NextDouble());

    /// <summary>Seconds for a draw from 0 to 1.</summary>
    public static string Seconds(TimeSpan wait, double draw) =>
        ((int)Math.Round(wait.TotalSeconds * (0.8 + (0.4 * draw)))).ToString(CultureInfo.InvariantCulture);

    private static TimeSpan Wait(TimeSpan left) =>
        left < Min ? Min
        : left > Max ? Max
        : left;
}
