using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Router.Switching;

namespace Router.Management;

/// <summary>Writes and reads the documents of the management interface without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(ModeDocument))]
[JsonSerializable(typeof(ModeChangeDocument))]
[JsonSerializable(typeof(StageActionDocument))]
[JsonSerializable(typeof(ChangeDocument))]
[JsonSerializable(typeof(BypassDocument))]
[JsonSerializable(typeof(BypassRequestDocument))]
[JsonSerializable(typeof(FleetDocument))]
[JsonSerializable(typeof(ForgetDocument))]
[JsonSerializable(typeof(ForgetRequestDocument))]
[JsonSerializable(typeof(AcceptWritesDocument))]
[JsonSerializable(typeof(HistoryDocument))]
[JsonSerializable(typeof(ExplainDocument))]
[JsonSerializable(typeof(RoutesDocument))]
[JsonSerializable(typeof(ReloadDocument))]
[JsonSerializable(typeof(LiveSite))]
[JsonSerializable(typeof(LiveVerdict))]
[JsonSerializable(typeof(LiveInstance))]
[JsonSerializable(typeof(ImmutableArray<LiveRequest>))]
[JsonSerializable(typeof(ImmutableArray<LiveBackend>))]
[JsonSerializable(typeof(ImmutableArray<LiveWrite>))]
[JsonSerializable(typeof(ImmutableArray<HistoryEntry>))]
internal sealed partial class ManagementJson : JsonSerializerContext;
