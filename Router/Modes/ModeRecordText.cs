using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Router.Modes;

/// <summary>
/// A record as text, in the stores: JSON. Unknown members are ignored, so that a newer Router may write more; a text with impossible values
/// is rejected as a whole.
/// </summary>
public static class ModeRecordText
{
    public static string Format(ModeRecord record) => JsonSerializer.Serialize(record, ModeRecordJson.Default.ModeRecord);

    /// <summary>Parses a record; false, with the reason, if it is invalid.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ModeRecord? record, [NotNullWhen(false)] out string? problem)
    {
        record = null;
        try
        {
            record = JsonSerializer.Deserialize(text, ModeRecordJson.Default.ModeRecord);
            problem = record is null ? "it is null" : ProblemOf(record);
        }
        catch (JsonException error)
        {
            problem = error.Message;
        }

        if (problem is not null)
            record = null;
        return record is not null;
    }

    private static string? ProblemOf(ModeRecord record)
    {
        if (record.Steps.IsDefaultOrEmpty || record.Steps.Any(step => step is null || step.Mode is null))
            return "it has no steps";
        if (!record.Version.IsStored)
            return $"its version is {record.Version}";
        for (var i = 1; i < record.Steps.Length; i++)
        {
            if (i > 1 && record.Steps[i].At < record.Steps[i - 1].At)
                return "its steps are not in the order of their instants";
            // Possibly edited by hand: by Router's own rules an opening follows an operator's command at once.
            if (record.Steps[i].Mode.Opens(record.Steps[i - 1].Mode) && record.Steps[i].At > record.Written + ModeChanges.MaxDelayToOpen)
                return "it would open the site automatically";
        }

        return null;
    }
}

/// <summary>
/// Reads and writes modes by name, and a stage of a reopening as an object. A release that knows no reopening rejects the object, and stays
/// in the mode in which it is: it never opens the whole site instead.
/// </summary>
internal sealed class ModeConverter : JsonConverter<Mode>
{
    public override Mode Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType switch
        {
            JsonTokenType.String when ModeCatalogue.TryFind(reader.GetString()!, out var mode) => mode,
            JsonTokenType.StartObject when JsonSerializer.Deserialize(ref reader, ModeRecordJson.Default.Reopening) is { } plan => Reopened(
                plan
            ),
            _ => throw new JsonException($"a mode is not one of {ModeCatalogue.Names}"),
        };

    public override void Write(Utf8JsonWriter writer, Mode value, JsonSerializerOptions options)
    {
        if (value.Stage?.Plan is { } plan)
            JsonSerializer.Serialize(writer, plan, ModeRecordJson.Default.Reopening);
        else
            writer.WriteStringValue(value.Name);
    }

    private static ReopeningMode Reopened(Reopening plan) =>
        ReopeningChanges.ProblemOf(plan) is { } problem ? throw new JsonException(problem) : new ReopeningMode(plan);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    Converters = [typeof(ModeConverter)]
)]
[JsonSerializable(typeof(ModeRecord))]
[JsonSerializable(typeof(Reopening))]
internal sealed partial class ModeRecordJson : JsonSerializerContext;
