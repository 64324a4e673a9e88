namespace Router.Proxy.InFlight;

/// <summary>
/// A request that may have changed something (its method is not safe, RFC 9110 section 9.2.1, or it became an upgraded connection), that
/// had begun to go to a backend, and that ended without a complete response: nobody here knows whether it was carried out. No query and no
/// body: they may hold secrets.
/// </summary>
/// <param name="Time">When it broke.</param>
/// <param name="Backend">The backend's name.</param>
/// <param name="Method">Its method.</param>
/// <param name="Host">The host that the client asked for.</param>
/// <param name="Path">The raw path, without the query.</param>
/// <param name="RequestId">The trace's id as the backend's log has it (<c>X-B3-TraceId</c>); null where there is none.</param>
/// <param name="Reason">What went wrong.</param>
/// <param name="ClientAnswer">The status of Router's own response to the client; null where the client got no complete response.</param>
/// <param name="IsIdempotent">Whether sending it again is the same as sending it once (RFC 9110 section 9.2.2).</param>
/// <param name="SettlesAt">Until when the backend may still be working on it.</param>
public sealed record UncertainWrite(
    DateTimeOffset Time,
    string Backend,
    string Method,
    string Host,
    string Path,
    string? RequestId,
    string Reason,
    int? ClientAnswer,
    bool IsIdempotent,
    DateTimeOffset SettlesAt
);
