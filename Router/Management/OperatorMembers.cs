using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Router.Configuration;

namespace Router.Management;

/// <summary>Reads the members of a JSON object that an operator sent, and collects every error.</summary>
internal readonly struct OperatorMembers(JsonElement root, ValidationErrors errors)
{
    // Wide enough for every rule to name its own limit, and narrow enough that no sum of a time and some durations overflows.
    private static readonly TimeSpan MaxDuration = TimeSpan.FromDays(366);
    private static readonly DateTimeOffset Earliest = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Latest = new(2200, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Reads an object. Valid only if <paramref name="errors"/> stays empty.</summary>
    /// <param name="json">What was sent.</param>
    /// <param name="type">The document, whose members are the known ones.</param>
    /// <param name="example">An object that is valid, for messages.</param>
    /// <param name="errors">What is wrong with it.</param>
    /// <param name="nothing">What to return if it can't be read.</param>
    /// <param name="read">Reads the members.</param>
    public static T Read<T>(
        ReadOnlyMemory<byte> json,
        JsonTypeInfo<T> type,
        string example,
        ValidationErrors errors,
        T nothing,
        Func<OperatorMembers, T> read
    )
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                var known = type.Properties.Select(property => property.Name).ToArray();
                foreach (var member in document.RootElement.EnumerateObject().Where(member => !known.Contains(member.Name)))
                    errors.Add(member.Name, "is not known", $"Use {string.Join(", ", known)}");
                return read(new OperatorMembers(document.RootElement, errors));
            }

            errors.Add("body", "is not an object", $"Send an object such as {example}");
        }
        // Half of a surrogate pair, or bytes that are not UTF-8: JSON's grammar allows the one, and its reader overlooks the other until
        // the text is read.
        catch (InvalidOperationException)
        {
            errors.Add("body", "has text that is not valid Unicode", "Send UTF-8, and whole surrogate pairs in \\u escapes");
        }
        catch (JsonException error)
        {
            errors.Add("body", $"is not JSON: {error.Message.TrimEnd('.')}", $"Send an object such as {example}");
        }

        return nothing;
    }

    /// <summary>A text; null if the member is missing.</summary>
    public string? Text(string name)
    {
        if (!root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        if (value.ValueKind == JsonValueKind.String)
            return value.GetString();
        errors.Add(name, $"is {value.GetRawText()}", "Send a text");
        return null;
    }

    /// <summary>True or false; null if the member is missing.</summary>
    public bool? Flag(string name)
    {
        if (!root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            errors.Add(name, $"is {value.GetRawText()}", "Send true or false");
        return value.ValueKind == JsonValueKind.True;
    }

    /// <summary>A whole number; null if the member is missing.</summary>
    public int? Number(string name)
    {
        if (!root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number))
            return number;
        errors.Add(name, $"is {value.GetRawText()}", "Send a whole number");
        return null;
    }

    /// <summary>The share that a text such as 2% means, in percent; null if it means none.</summary>
    public static double? Percent(string name, string text, string example, ValidationErrors errors)
    {
        var trimmed = text.Trim();
        if (
            double.TryParse(
                trimmed.EndsWith('%') ? trimmed[..^1] : trimmed,
                NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out var percent
            )
        )
            return percent;
        errors.Add(name, $"has '{text}'", $"Send shares in percent, such as {example}");
        return null;
    }

    /// <summary>The instant that a text means; null if there is none.</summary>
    public static DateTimeOffset? Time(string name, string? text, DateTimeOffset now, ValidationErrors errors)
    {
        if (text is null)
            return null;
        if (text.StartsWith('+') && IsDuration(text[1..], out var after))
            return now + after;
        // A time without its offset would mean another instant on another machine.
        if (
            DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var time)
            && HasOffset(text)
            && time > Earliest
            && time < Latest
        )
            return time.ToUniversalTime();
        errors.Add(name, $"is '{text}'", "Send a time with its offset, such as 2026-01-31T22:00:00Z or 2026-01-31T22:00:00+01:00, or +45m");
        return null;
    }

    /// <summary>The duration that a text means; null if there is none.</summary>
    public static TimeSpan? Duration(string name, string? text, ValidationErrors errors)
    {
        if (text is null)
            return null;
        if (IsDuration(text, out var duration))
            return duration;
        errors.Add(name, $"is '{text}'", "Send a duration of less than a year, such as 10s, 2m or 500ms");
        return null;
    }

    private static bool IsDuration(string text, out TimeSpan duration) =>
        ConfigurationReader.TryDuration(text, out duration) && duration > -MaxDuration && duration < MaxDuration;

    private static bool HasOffset(string text) => text.EndsWith('Z') || (text.Length > 6 && text[^6] is '+' or '-' && text[^3] == ':');
}
