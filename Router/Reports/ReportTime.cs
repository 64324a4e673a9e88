using System.Globalization;

namespace Router.Reports;

/// <summary>Times and durations as operators read them, in this machine's zone.</summary>
internal static class ReportTime
{
    /// <summary>The time of day with its zone.</summary>
    public static string Clock(DateTimeOffset time) => time.ToLocalTime().ToString("HH:mm:ss zzz", CultureInfo.InvariantCulture);

    /// <summary>Date and time with the zone.</summary>
    public static string Full(DateTimeOffset time) => Of(time.ToLocalTime());

    /// <summary>The same with the offset that the time has.</summary>
    public static string Of(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm:ss zzz", CultureInfo.InvariantCulture);

    /// <summary>A duration to the second.</summary>
    public static string Span(TimeSpan span) =>
        TimeSpan.FromSeconds(Math.Round(span.TotalSeconds)).ToString("c", CultureInfo.InvariantCulture);
}
