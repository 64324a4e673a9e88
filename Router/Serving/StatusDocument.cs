using System.Text.Json.Serialization;
using Router.Upstreams;

namespace Router.Serving;

/// <summary>The response of <c>/_status</c>.</summary>
/// <param name="Status">Always <c>ok</c>: a client that can read it has reached a working router.</param>
/// <param name="Mode">The mode's name.</param>
/// <param name="Since">When the mode took effect.</param>
/// <param name="Until">The announced end; null if there is none.</param>
/// <param name="OverrunSeconds">How long ago that end passed while the site is still not open; null if it has not passed.</param>
/// <param name="ModeWarning">A warning about the length of the downtime; null if there is none.</param>
/// <param name="ModeProblem">What is wrong with the mode store; null if nothing is.</param>
/// <param name="SwitchProblem">Why the fleet cannot be switched right now although the mode can be read; null if it can be
/// switched.</param>
/// <param name="Application">The application's name.</param>
/// <param name="Version">What the binary was built from.</param>
/// <param name="Instance">This instance's name.</param>
/// <param name="Backends">The last observed state of each backend; omitted with <c>?ignore-dependencies</c>.</param>
public sealed record StatusDocument(
    string Status,
    string Mode,
    DateTimeOffset Since,
    DateTimeOffset? Until,
    double? OverrunSeconds,
    string? ModeWarning,
    string? ModeProblem,
    string? SwitchProblem,
    string Application,
    string Version,
    string? Release,
    string? Stage,
    string Instance,
    IReadOnlyList<BackendStatus>? Backends
);

/// <summary>One backend in <c>/_status</c>.</summary>
/// <param name="Name">The backend's name.</param>
/// <param name="Kind">frontend or api.</param>
/// <param name="Reachable">Whether the last request got a response; null if none was sent yet.</param>
/// <param name="At">When that was.</param>
/// <param name="Failure">The error, if there was one.</param>
/// <param name="InFlight">The number of requests in flight.</param>
/// <param name="Addresses">Its addresses, each with the state of its circuit breaker.</param>
public sealed record BackendStatus(
    string Name,
    string Kind,
    bool? Reachable,
    DateTimeOffset? At,
    string? Failure,
    int InFlight,
    IReadOnlyList<AddressStatus> Addresses
);

/// <summary>One address of a backend in <c>/_status</c>.</summary>
/// <param name="Circuit">closed (all its IP addresses are used), open (none is), or partial (some are).</param>
/// <param name="InFlight">The number of requests in flight to it.</param>
public sealed record AddressStatus(CircuitState Circuit, int InFlight);

/// <summary>The response of <c>/_status</c> to a client that may not read more.</summary>
/// <param name="Status">Always <c>ok</c>.</param>
public sealed record HealthDocument(string Status)
{
    public static HealthDocument Ok { get; } = new("ok");
}

/// <summary>Serializes the status without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(StatusDocument))]
[JsonSerializable(typeof(HealthDocument))]
internal sealed partial class StatusJson : JsonSerializerContext;
