using System.Text.Json;
using System.Text.Json.Serialization;

namespace Router.Switching;

/// <summary>Reads and writes, without reflection, what the instances leave for each other in the store.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(InstanceReport))]
[JsonSerializable(typeof(HistoryEntry))]
internal sealed partial class SwitchingJson : JsonSerializerContext
{
    /// <summary>The texts that are what they should be; a newer or broken one is passed over, with its number.</summary>
    public static (List<T> Read, int Broken) ReadAll<T>(IEnumerable<string> texts, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        var (read, broken) = (new List<T>(), 0);
        foreach (var text in texts)
        {
            try
            {
                if (JsonSerializer.Deserialize(text, type) is { } value)
                    read.Add(value);
                else
                    broken++;
            }
            catch (JsonException)
            {
                broken++;
            }
        }

        return (read, broken);
    }
}
