namespace Router.Proxy.InFlight;

/// <summary>A request in flight as shown to an operator.</summary>
/// <param name="Backend">The backend's name; null if the request has not been admitted to one yet.</param>
/// <param name="Host">The host that the client requested.</param>
/// <param name="Path">The raw path without the query, which may contain secrets.</param>
/// <param name="AgeSeconds">The time since its headers arrived.</param>
/// <param name="IsUpgraded">Whether it is an upgraded connection, such as a WebSocket.</param>
public sealed record InFlightRequest(string? Backend, string Method, string Host, string Path, double AgeSeconds, bool IsUpgraded)
{
    /// <summary>The trace id that the backend logs; null if the request has not been sent yet or has no trace id.</summary>
    public string? RequestId { get; init; }

    /// <summary>What follows its target where people read it; empty for an ordinary request.</summary>
    public string Mark() => IsUpgraded ? " (upgraded connection)" : "";
}
