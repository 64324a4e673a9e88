using System.Globalization;

namespace Router.Configuration;

/// <summary>Formats durations as operators write them: <c>24h</c>, <c>1h 30m</c>, <c>1.5s</c>.</summary>
public static class DurationText
{
    /// <summary>Formats a duration, to the second.</summary>
    public static string ToTheSecond(TimeSpan duration) => Of(TimeSpan.FromSeconds(Math.Round(duration.TotalSeconds)));

    /// <summary>Formats a duration, to the millisecond.</summary>
    public static string Of(TimeSpan duration)
    {
        // The minimum value has no positive counterpart.
        if (duration < TimeSpan.Zero)
            return $"-{Of(duration == TimeSpan.MinValue ? TimeSpan.MaxValue : duration.Negate())}";
        List<string> parts = [];
        if ((long)duration.TotalHours is > 0 and var hours)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{hours}h"));
        if (duration.Minutes > 0)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{duration.Minutes}m"));
        if (duration.Seconds + (duration.Milliseconds / 1000m) is > 0 and var seconds)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{seconds:0.###}s"));
        return parts is [] ? "0s" : string.Join(' ', parts);
    }
}
