using System.Globalization;
using System.Text.Json;
using Router.Configuration;
using Router.Modes;

namespace Router.Serving.Management;

/// <summary>Reads what an operator sends: a JSON object, of which every fault is noted.</summary>
public static class ModeChangeReader
{
    private static readonly string[] BypassMembers = ["for", "address", "by", "note"];
    private static readonly string[] Members = ["mode", "at", "until", "extendBy", "shorten", "by", "reason", "ticket", "writesFirst", "cutAfter"];

    /// <summary>Reads a change. To be used only where <paramref name="faults"/> stays empty.</summary>
    /// <param name="json">What was sent.</param>
    /// <param name="now">The fleet's clock, from which <c>+45m</c> counts.</param>
    /// <param name="faults">What is wrong with it.</param>
    public static ModeChange Read(ReadOnlyMemory<byte> json, DateTimeOffset now, Faults faults) => Read(json, Members, "{\"mode\": \"maintenance\"}", faults, new ModeChange(), members => new ModeChange
    {
        Mode = ModeOf(members.Text("mode"), faults),
        At = members.Time("at", now),
        Until = members.Time("until", now),
        ExtendBy = members.Duration("extendBy"),
        Shorten = members.Flag("shorten"),
        By = Named(members.Text("by")),
        Reason = members.Text("reason"),
        Ticket = members.Text("ticket"),
        WritesFirst = members.Duration("writesFirst"),
        CutAfter = members.Duration("cutAfter"),
    });

    /// <summary>Reads whom to let through, and for how long. To be used only where <paramref name="faults"/> stays empty.</summary>
    public static BypassRequest ReadBypass(ReadOnlyMemory<byte> json, Faults faults) => Read(json, BypassMembers, "{\"for\": \"2h\"}", faults, new BypassRequest(default, null, null, null), members =>
        new BypassRequest(members.Duration("for") ?? TimeSpan.FromHours(1), members.Text("address"), Named(members.Text("by")), members.Text("note")));

    // A blank name is nobody's.
    private static string? Named(string? name) => string.IsNullOrWhiteSpace(name) ? null : name;

    /// <summary>Reads who does something, and why. To be used only where <paramref name="faults"/> stays empty.</summary>
    public static (string? By, string Text) ReadNote(ReadOnlyMemory<byte> json, Faults faults) =>
        Read(json, ["by", "note"], "{\"note\": \"checked in the application's log\"}", faults, (null, ""), members => ((string?)members.Text("by"), members.Text("note") ?? ""));

    /// <summary>Reads which vanished instance has ended, and who says so. To be used only where <paramref name="faults"/> stays empty.</summary>
    public static (string Instance, string? By) ReadForget(ReadOnlyMemory<byte> json, Faults faults)
    {
        var (instance, by) = Read<(string?, string?)>(json, ["instance", "by"], "{\"instance\": \"router-1\"}", faults, default, members => (members.Text("instance"), members.Text("by")));
        if (instance is null && !faults.Any)
            faults.Add("instance", "is not given", "Give the name or the id of a vanished instance");
        return (instance ?? "", by);
    }

    private static T Read<T>(ReadOnlyMemory<byte> json, string[] known, string example, Faults faults, T nothing, Func<OperatorMembers, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                foreach (var member in document.RootElement.EnumerateObject().Where(member => !known.Contains(member.Name)))
                    faults.Add(member.Name, "is not known", $"Use {string.Join(", ", known)}");
                return read(new OperatorMembers(document.RootElement, faults));
            }

            faults.Add("body", "is not an object", $"Send an object such as {example}");
        }
        // Half of a surrogate pair, or bytes that are no UTF-8: JSON's grammar allows the one and its reader overlooks the other until the text is asked for.
        catch (InvalidOperationException)
        {
            faults.Add("body", "has text that is not valid Unicode", "Send UTF-8, and whole surrogate pairs in \\u escapes");
        }
        catch (JsonException fault)
        {
            faults.Add("body", $"is not JSON: {fault.Message.TrimEnd('.')}", $"Send an object such as {example}");
        }

        return nothing;
    }

    private static Mode? ModeOf(string? name, Faults faults)
    {
        if (name is null)
            return null;
        if (ModeCatalogue.TryFind(name, out var mode))
            return mode;
        faults.Add("mode", $"is '{name}'", $"Choose one of {ModeCatalogue.Names}");
        return null;
    }
}

/// <summary>Whom to let through.</summary>
/// <param name="For">For how long.</param>
/// <param name="Address">By which address or range; null for a token.</param>
/// <param name="By">Who wants it.</param>
/// <param name="Note">For whom and what.</param>
public sealed record BypassRequest(TimeSpan For, string? Address, string? By, string? Note);

/// <summary>The members of what was sent, each read as what it is to be.</summary>
internal readonly struct OperatorMembers(JsonElement root, Faults faults)
{
    // Wide enough for every rule to name its own limit, and narrow enough for every sum of a time and some durations.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(366);
    private static readonly DateTimeOffset Earliest = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Latest = new(2200, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>A text; null where there is none.</summary>
    public string? Text(string name)
    {
        if (!root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        if (value.ValueKind == JsonValueKind.String)
            return value.GetString();
        faults.Add(name, $"is {value.GetRawText()}", "Send a text");
        return null;
    }

    /// <summary>Yes or no; no where there is none.</summary>
    public bool Flag(string name)
    {
        if (!root.TryGetProperty(name, out var value) || value.ValueKind is JsonValueKind.Null or JsonValueKind.False)
            return false;
        if (value.ValueKind != JsonValueKind.True)
            faults.Add(name, $"is {value.GetRawText()}", "Send true or false");
        return true;
    }

    /// <summary>An instant; null where there is none.</summary>
    public DateTimeOffset? Time(string name, DateTimeOffset now)
    {
        if (Text(name) is not { } text)
            return null;
        if (text.StartsWith('+') && IsDuration(text[1..], out var after))
            return now + after;
        // A time without its offset would mean another instant on another machine.
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var time) && HasOffset(text) && time > Earliest && time < Latest)
            return time.ToUniversalTime();
        faults.Add(name, $"is '{text}'", "Send a time with its offset, such as 2026-01-31T22:00:00Z or 2026-01-31T22:00:00+01:00, or +45m");
        return null;
    }

    /// <summary>A duration; null where there is none.</summary>
    public TimeSpan? Duration(string name)
    {
        if (Text(name) is not { } text)
            return null;
        if (IsDuration(text, out var duration))
            return duration;
        faults.Add(name, $"is '{text}'", "Send a duration of less than a year, such as 10s, 2m or 500ms");
        return null;
    }

    private static bool IsDuration(string text, out TimeSpan duration) =>
        ConfigurationReader.TryDuration(text, out duration) && duration > -Longest && duration < Longest;

    private static bool HasOffset(string text) =>
        text.EndsWith('Z') || (text.Length > 6 && text[^6] is '+' or '-' && text[^3] == ':');
}
