using System.Text.Json.Serialization;

namespace Router.Reports;

/// <summary>Writes and reads the report without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(WindowReport))]
internal sealed partial class ReportJson : JsonSerializerContext;
