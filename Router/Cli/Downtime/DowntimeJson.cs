using System.Text.Json.Serialization;

namespace Router.Cli.Downtime;

/// <summary>Writes and reads, without reflection, the files of a downtime.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(DowntimeProgress))]
[JsonSerializable(typeof(WindowFileDocument))]
internal sealed partial class DowntimeJson : JsonSerializerContext;
