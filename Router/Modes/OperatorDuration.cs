using Router.Configuration;

namespace Router.Modes;

/// <summary>A duration that an operator gives with a change.</summary>
public static class OperatorDuration
{
    /// <summary>Records an error of one that is not above zero, or too long; true if there is none.</summary>
    public static bool Check(string key, TimeSpan duration, TimeSpan max, string example, ValidationErrors errors)
    {
        if (duration > TimeSpan.Zero && duration <= max)
            return true;
        var limit = max.TotalDays >= 2 ? $"{max.TotalDays:F0} days" : DurationText.Of(max);
        errors.Add(key, $"is {DurationText.ToTheSecond(duration)}", $"Give a duration above zero and up to {limit}, such as {example}");
        return false;
    }
}
