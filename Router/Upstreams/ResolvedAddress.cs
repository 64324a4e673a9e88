using System.Net;

namespace Router.Upstreams;

/// <summary>One of the IP addresses of a backend's name, with its connection state.</summary>
/// <param name="Ip">The address.</param>
/// <param name="Breaker">Its circuit breaker. It remains the same as long as the name resolves to the address.</param>
public sealed record ResolvedAddress(IPAddress Ip, CircuitBreaker Breaker);
