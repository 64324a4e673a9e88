using System.Globalization;
using Router.Configuration;

namespace Router.Cli;

/// <summary>Times as operators type them, made into instants on the operator's own machine, whose zone they mean.</summary>
public static class OperatorTime
{
    /// <summary>What a time may look like, for messages.</summary>
    public const string Forms = "23:30 (the next one), \"2026-01-31 23:30\", 2026-01-31T23:30:00Z or +45m";

    private static readonly string[] WithDate = ["yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss"];

    /// <summary>Reads one.</summary>
    public static bool TryParse(string text, TimeProvider time, out DateTimeOffset instant)
    {
        var now = time.GetLocalNow();
        if (text.StartsWith('+') && ConfigurationReader.TryDuration(text[1..], out var after))
            instant = now + after;
        else if (TimeOnly.TryParseExact(text, ["HH:mm", "HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var clock))
            instant = Next(clock, now, time.LocalTimeZone);
        else if (DateTime.TryParseExact(text, WithDate, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
            instant = new DateTimeOffset(local, time.LocalTimeZone.GetUtcOffset(local));
        else
            return DateTimeOffset.TryParseExact(text, ["yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out instant);
        return true;
    }

    private static DateTimeOffset Next(TimeOnly clock, DateTimeOffset now, TimeZoneInfo zone)
    {
        var day = DateOnly.FromDateTime(now.DateTime);
        var today = day.ToDateTime(clock);
        var instant = new DateTimeOffset(today, zone.GetUtcOffset(today));
        if (instant > now)
            return instant;
        var tomorrow = day.AddDays(1).ToDateTime(clock);
        return new DateTimeOffset(tomorrow, zone.GetUtcOffset(tomorrow));
    }
}
