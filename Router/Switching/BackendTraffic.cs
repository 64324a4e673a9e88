using System.Text.Json.Serialization;
using Router.Upstreams;

namespace Router.Switching;

/// <summary>What an instance has forwarded to a backend since it started, and what is in flight there now.</summary>
/// <param name="Backend">Its name.</param>
/// <param name="Requests">How many requests have ended.</param>
/// <param name="Errors">How many of them failed, or got a status of 500 or more.</param>
/// <param name="Seconds">The sum of their durations.</param>
/// <param name="InFlight">How many requests are in flight.</param>
/// <param name="Circuit">The worst state of its addresses' circuit breakers; left out if all are closed.</param>
public sealed record BackendTraffic(
    string Backend,
    long Requests,
    long Errors,
    double Seconds,
    int InFlight,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] CircuitState Circuit
);
