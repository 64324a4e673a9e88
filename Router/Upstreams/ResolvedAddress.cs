using System.Net;

namespace Router.Upstreams;

/// <summary>One of the IP addresses behind a backend's name, with what is known about connecting to it.</summary>
/// <param name="Ip">The address.</param>
/// <param name="Breaker">Its circuit breaker. It stays the same for as long as the name has the address.</param>
public sealed record ResolvedAddress(IPAddress Ip, CircuitBreaker Breaker);
