using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Router.Configuration;
using Router.Reports;

namespace Router.Cli;

/// <summary>
/// Converts times as operators type them, on the operator's own machine, in whose zone they are meant. When the clocks change, a local time
/// can occur twice or never: the next occurrence is used, and a time that does not exist is rejected.
/// </summary>
public static class OperatorTime
{
    /// <summary>The accepted formats, for messages.</summary>
    public const string Forms = "23:30 (the next one), \"2026-01-31 23:30\", 2026-01-31T23:30:00Z or +45m (from now)";

    private static readonly string[] WithDate = ["yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss"];
    private static readonly string[] WithOffset = ["yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm:ss zzz"];

    /// <summary>Parses a time; false, with the reason and a hint, if it is invalid.</summary>
    public static bool TryParse(string text, TimeProvider time, out DateTimeOffset instant, [NotNullWhen(false)] out string? problem)
    {
        var (now, zone) = (time.GetLocalNow(), time.LocalTimeZone);
        (instant, problem) = (default, null);
        if (text.StartsWith('+') && ConfigurationReader.TryDuration(text[1..], out var after) && after < DateTimeOffset.MaxValue - now)
            instant = now + after;
        else if (TimeOnly.TryParseExact(text, ["HH:mm", "HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var clock))
            problem = Next(clock, now, zone, out instant);
        else if (
            DateTime.TryParseExact(text, WithDate, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local) && IsNear(local, now)
        )
            problem = Of(local, now, zone, out instant);
        else if (!DateTimeOffset.TryParseExact(text, WithOffset, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out instant))
            problem = $"'{text}' is not a time. Give {Forms}.";
        return problem is null;
    }

    /// <summary>A time as this machine's clock shows it, with the zone; if that clock shows the time twice, it says so.</summary>
    public static string Describe(DateTimeOffset instant, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(instant, zone);
        var other = Occurrences(local.DateTime, zone).FirstOrDefault(candidate => candidate.Offset != local.Offset);
        var twice = other == default ? "" : $"; the clock shows that time twice, the other is {ReportTime.Of(other)}";
        return $"{ReportTime.Of(local)} ({zone.Id}{twice})";
    }

    // Yesterday too: a clock that is set back at midnight shows the evening again.
    private static string? Next(TimeOnly clock, DateTimeOffset now, TimeZoneInfo zone, out DateTimeOffset instant)
    {
        var day = DateOnly.FromDateTime(now.DateTime).AddDays(-1);
        while (true)
        {
            var problem = Of(day.ToDateTime(clock), now, zone, out instant);
            if (instant > now)
                return problem;
            day = day.AddDays(1);
        }
    }

    // The first future occurrence, otherwise the earlier one: a time up to which writes are accepted then accepts fewer. For a time that
    // does not exist, the instant at which the clock skips it.
    private static string? Of(DateTime local, DateTimeOffset now, TimeZoneInfo zone, out DateTimeOffset instant)
    {
        if (Occurrences(local, zone) is not [] and var found)
        {
            instant = found.FirstOrDefault(candidate => candidate > now, found[0]);
            return null;
        }

        // By the minute: that is how clocks are changed.
        var missing = local.AddSeconds(-local.Second);
        var (before, after) = (missing, missing);
        while (Occurrences(before, zone) is [])
            before = before.AddMinutes(-1);
        while (Occurrences(after, zone) is [])
            after = after.AddMinutes(1);
        instant = Occurrences(after, zone)[0];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{local:yyyy-MM-dd HH:mm} does not exist in {zone.Id}, where the clock goes from {Occurrences(before, zone)[^1]:HH:mm zzz} "
                + $"to {instant:HH:mm zzz}. Give {before:HH:mm} or {after:HH:mm}."
        );
    }

    // A local time belongs to an instant at which the zone has exactly that offset. The two offsets around it are those of a day before and
    // a day after.
    private static DateTimeOffset[] Occurrences(DateTime local, TimeZoneInfo zone) =>
        [
            .. from offset in new[]
            {
                zone.GetUtcOffset(new DateTimeOffset(local.AddDays(-1), TimeSpan.Zero)),
                zone.GetUtcOffset(new DateTimeOffset(local.AddDays(1), TimeSpan.Zero)),
            }.Distinct()
            let candidate = new DateTimeOffset(local, offset)
            where zone.GetUtcOffset(candidate) == offset
            orderby candidate
            select candidate,
        ];

    // Far from the minimum and maximum representable times, where an offset cannot be subtracted.
    private static bool IsNear(DateTime local, DateTimeOffset now) => Math.Abs(local.Year - now.Year) <= 100;
}
