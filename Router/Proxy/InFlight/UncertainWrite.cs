namespace Router.Proxy.InFlight;

/// <summary>
/// A write with an unknown outcome: its method is not safe (RFC 9110 section 9.2.1) or it became an upgraded connection, Router had started
/// to send it to a backend, and it ended without a complete response. Router does not know whether the backend carried it out. The record
/// has no query and no body, because they may contain secrets.
/// </summary>
/// <param name="Time">When it failed.</param>
/// <param name="Backend">The backend's name.</param>
/// <param name="Host">The host that the client requested.</param>
/// <param name="Path">The raw path, without the query.</param>
/// <param name="RequestId">The trace id that the backend logs (<c>X-B3-TraceId</c>); null if there is none.</param>
/// <param name="Reason">What went wrong.</param>
/// <param name="ClientStatus">The status of Router's own response to the client; null if the client got no complete response.</param>
/// <param name="IsIdempotent">Whether sending it twice has the same effect as sending it once (RFC 9110 section 9.2.2).</param>
/// <param name="SettlesAt">Until when the backend may still be processing it.</param>
public sealed record UncertainWrite(
    DateTimeOffset Time,
    string Backend,
    string Method,
    string Host,
    string Path,
    string? RequestId,
    string Reason,
    int? ClientStatus,
    bool IsIdempotent,
    DateTimeOffset SettlesAt
);
