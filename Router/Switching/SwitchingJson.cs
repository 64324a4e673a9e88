using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Router.Modes.Stores;

namespace Router.Switching;

/// <summary>Reads and writes, without reflection, what the instances write to the store.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(InstanceReport))]
[JsonSerializable(typeof(HistoryEntry))]
[JsonSerializable(typeof(PublishedVerdict))]
internal sealed partial class SwitchingJson : JsonSerializerContext
{
    /// <summary>
    /// The reports, each with the time at which the store took it. A report that can't be read shows only that the instance exists: it has
    /// confirmed nothing, and may have sent writes.
    /// </summary>
    /// <param name="stored">What the store has, by the instances' ids.</param>
    /// <param name="writeSettleSeconds">How long the writes of an instance may take whose report can't be read.</param>
    public static Dictionary<string, InstanceReport> ReadReports(
        IReadOnlyDictionary<string, StoredReport> stored,
        double writeSettleSeconds
    )
    {
        var reports = new Dictionary<string, InstanceReport>();
        foreach (var (id, (seenAt, text)) in stored)
        {
            var report =
                TryRead(text, Default.InstanceReport)
                ?? new InstanceReport
                {
                    Name = id.Split('/')[0],
                    Id = id,
                    Version = default,
                    StepMade = default,
                    Mode = "unknown",
                    Since = seenAt,
                    WriteSettleSeconds = writeSettleSeconds,
                    Problem = "Its report in the store can't be read: it is damaged, or of another release",
                };
            reports[id] = report with { Id = id, At = seenAt };
        }

        return reports;
    }

    /// <summary>The entries that can be read.</summary>
    public static IReadOnlyList<HistoryEntry> ReadHistory(IEnumerable<string> lines) =>
        [.. lines.Select(line => TryRead(line, Default.HistoryEntry)).OfType<HistoryEntry>()];

    private static T? TryRead<T>(string text, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(text, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
