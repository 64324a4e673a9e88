namespace Router.Forwarding.InFlight;

/// <summary>
/// A request that must not be done twice (it is not idempotent, RFC 9110 section 9.2.2), that had begun to go to a backend, and whose exchange
/// was broken or cut: whether it was carried out, nobody here knows. No query and no body: they may hold secrets.
/// </summary>
/// <param name="Time">When it broke.</param>
/// <param name="Backend">The backend's name.</param>
/// <param name="Method">Its method.</param>
/// <param name="Host">The host that the client asked for.</param>
/// <param name="Path">The raw path, without the query.</param>
/// <param name="RequestId">The trace's id as the backend's log has it (<c>X-B3-TraceId</c>); null where there is none.</param>
/// <param name="Reason">What went wrong.</param>
/// <param name="ClientAnswer">The status that the client got; null where it got no whole answer.</param>
public sealed record UncertainWrite(
    DateTimeOffset Time, string Backend, string Method, string Host, string Path, string? RequestId, string Reason, int? ClientAnswer);
