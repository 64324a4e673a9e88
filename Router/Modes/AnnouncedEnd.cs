using System.Globalization;
using Router.Configuration;

namespace Router.Modes;

/// <summary>
/// The announced end of a downtime, and how a change affects it. Visitors read it, so it never moves closer unless the operator says so.
/// </summary>
public static class AnnouncedEnd
{
    /// <summary>The furthest ahead that a time may be announced.</summary>
    public static readonly TimeSpan MaxAhead = TimeSpan.FromDays(60);

    /// <summary>The end that the last closed step announces; null if there is none.</summary>
    public static DateTimeOffset? Of(IEnumerable<ModeStep> steps) => steps.LastOrDefault(step => step.Mode.RestrictsAnything)?.Until;

    /// <summary>The end of a step after a change; null if none is announced.</summary>
    public static DateTimeOffset? After(ModeStep step, ModeChange change) =>
        step.Mode.RestrictsAnything ? change.Until ?? (step.Until + change.ExtendBy) ?? step.Until : null;

    /// <summary>Validates an extension of the ends of these steps.</summary>
    public static void CheckExtension(IReadOnlyCollection<ModeStep> steps, ModeChange change, DateTimeOffset now, ValidationErrors errors)
    {
        if (change.ExtendBy is not { } by)
            return;
        if (change.Until is not null)
            errors.Add("extendBy", "is given together with until", "Give one of them: extendBy adds to the announced end, until sets it");
        else if (!OperatorDuration.Check("extendBy", by, MaxAhead, "45m", errors))
            return;
        else if (Of(steps) is not { } end)
            errors.Add("extendBy", "has no announced end to add to", "Set the end with until (router mode extend --until 23:30)");
        else if (end + by <= now)
            errors.Add(
                "extendBy",
                $"moves the end from {Text(end)} to {Text(end + by)}, which has passed",
                "Give a longer duration, or set the end with until"
            );
        else if (end + by > now + MaxAhead)
            errors.Add("extendBy", $"moves the end to {Text(end + by)}", $"Choose an end within {MaxAhead.Days} days");
    }

    /// <summary>Rejects a change that moves the end of any of these steps closer, unless the change allows it.</summary>
    public static void CheckShortening(IEnumerable<ModeStep> steps, ModeChange change, ValidationErrors errors)
    {
        if (change.Shorten || change.Until is not { } until)
            return;
        if (steps.Where(step => step.Mode.RestrictsAnything).Max(step => step.Until) is { } end && end > until)
        {
            errors.Add(
                "until",
                $"{Text(until)} is before the announced end {Text(end)}",
                "For a later end, give a later time or add to the end (router mode extend --by 45m). For an earlier end, add --shorten "
                    + "(in JSON: shorten)"
            );
        }
    }

    /// <summary>A time, in a message.</summary>
    internal static string Text(DateTimeOffset time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
