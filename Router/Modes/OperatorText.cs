using Router.Configuration;

namespace Router.Modes;

/// <summary>A text that an operator gives with a change: who, why, a note. It appears in the history, in logs and on pages.</summary>
public static class OperatorText
{
    /// <summary>The maximum length, in characters.</summary>
    public const int MaxLength = 500;

    /// <summary>Who made a change, if no name was given.</summary>
    public const string Unnamed = "an unnamed operator";

    /// <summary>Records an error of a text that is too long, or not what it looks like.</summary>
    public static void Check(string key, string? text, ValidationErrors errors)
    {
        if (text is null)
            return;
        if (text.Length > MaxLength)
            errors.Add(key, $"has {text.Length} characters", $"Give up to {MaxLength}");
        if (text.Any(char.IsControl))
            errors.Add(key, "has control characters", "Write it on one line");
        else if (VisibleText.FirstHidden(text) is { } hidden)
            errors.Add(key, $"has the invisible character {hidden}", "Remove it: the text would not be what it looks like");
    }
}
