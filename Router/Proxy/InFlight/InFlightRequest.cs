namespace Router.Proxy.InFlight;

/// <summary>What an operator sees of a request that is in flight.</summary>
/// <param name="Backend">The backend's name; null where it is not decided yet whether it gets there.</param>
/// <param name="Method">Its method.</param>
/// <param name="Host">The host that the client asked for.</param>
/// <param name="Path">The raw path, without the query: that may hold secrets.</param>
/// <param name="AgeSeconds">How long ago its header had arrived.</param>
/// <param name="IsUpgraded">Whether it is a connection that has changed its protocol, such as a WebSocket.</param>
public sealed record InFlightRequest(string? Backend, string Method, string Host, string Path, double AgeSeconds, bool IsUpgraded)
{
    /// <summary>The trace's id as the backend's log has it; null where it was not sent yet or has none.</summary>
    public string? RequestId { get; init; }
}
