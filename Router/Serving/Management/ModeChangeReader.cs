using System.Globalization;
using System.Text.Json;
using Router.Configuration;
using Router.Modes;

namespace Router.Serving.Management;

/// <summary>Reads what an operator sends: a JSON object, of which every fault is noted.</summary>
public static class ModeChangeReader
{
    private static readonly string[] Members = ["mode", "at", "until", "by", "reason", "ticket", "writesFirst", "cutAfter"];

    /// <summary>Reads it. To be used only where <paramref name="faults"/> stays empty.</summary>
    public static ModeChange Read(ReadOnlyMemory<byte> json, Faults faults)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException fault)
        {
            faults.Add("body", $"is not JSON: {fault.Message.TrimEnd('.')}", "Send an object such as {\"mode\": \"maintenance\"}");
            return new ModeChange();
        }

        using (document)
        {
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return Read(document.RootElement, faults);
            faults.Add("body", "is not an object", "Send an object such as {\"mode\": \"maintenance\"}");
            return new ModeChange();
        }
    }

    private static ModeChange Read(JsonElement root, Faults faults)
    {
        foreach (var member in root.EnumerateObject().Where(member => !Members.Contains(member.Name)))
            faults.Add(member.Name, "is not known", $"Use {string.Join(", ", Members)}");
        return new ModeChange
        {
            Mode = ModeOf(Text("mode"), faults),
            At = Time("at"),
            Until = Time("until"),
            By = Text("by"),
            Reason = Text("reason"),
            Ticket = Text("ticket"),
            WritesFirst = Duration("writesFirst"),
            CutAfter = Duration("cutAfter"),
        };

        string? Text(string name)
        {
            if (!root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
                return null;
            if (value.ValueKind == JsonValueKind.String)
                return value.GetString();
            faults.Add(name, $"is {value.GetRawText()}", "Send a text");
            return null;
        }

        DateTimeOffset? Time(string name)
        {
            if (Text(name) is not { } text)
                return null;
            // A time without its offset would mean another instant on another machine.
            if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var time) && HasOffset(text))
                return time.ToUniversalTime();
            faults.Add(name, $"is '{text}'", "Send a time with its offset, such as 2026-01-31T22:00:00Z or 2026-01-31T22:00:00+01:00");
            return null;
        }

        TimeSpan? Duration(string name)
        {
            if (Text(name) is not { } text)
                return null;
            if (ConfigurationReader.TryDuration(text, out var duration))
                return duration;
            faults.Add(name, $"is '{text}'", "Send a duration such as 10s, 2m or 500ms");
            return null;
        }
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

    private static bool HasOffset(string text) =>
        text.EndsWith('Z') || (text.Length > 6 && text[^6] is '+' or '-' && text[^3] == ':');
}
