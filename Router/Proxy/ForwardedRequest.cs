using Router.Configuration;
using Router.Http;
using Router.Modes;
using Router.Proxy.InFlight;

namespace Router.Proxy;

/// <summary>A client's request that is forwarded to a backend. Checks the mode again right before its first byte is sent.</summary>
/// <param name="method">The method.</param>
/// <param name="pathAndQuery">The request target exactly as received.</param>
/// <param name="backend">The backend's properties that modes depend on.</param>
/// <param name="modes">Provides the current mode.</param>
/// <param name="deadline">The request's deadlines.</param>
/// <param name="headers">The expected number of headers.</param>
public sealed class ForwardedRequest(
    HttpMethod method,
    string pathAndQuery,
    BackendKind backend,
    ModeController modes,
    RequestDeadline deadline,
    int headers = 0
) : BackendRequest(method, pathAndQuery, headers)
{
    /// <summary>The record of the client's request; null for a request for an error page, which Router makes itself.</summary>
    public RequestRecord? Record { get; init; }

    public override CancellationToken Cancellation => deadline.Token;

    public override bool IsCancelled => deadline.IsCancelled;

    /// <summary>The client's body; null if there is none.</summary>
    public RequestBody? ClientBody => Content as RequestBody;

    public override CancellationTokenRegistration CloseWhenCancelled(IDisposable connection)
    {
        deadline.CloseAtEnd(connection);
        return default;
    }

    public override void ReleaseConnection() => deadline.CloseAtEnd(null);

    public override void ConnectionReused() => Record?.ConnectionReused();

    public override void Connecting() => Record?.Connecting();

    public override void Connected() => Record?.Connected();

    /// <exception cref="BackendException">The mode now closes the backend: the site was closed while the request waited for its permit or
    /// its connection.</exception>
    public override void Begin()
    {
        var again = Record?.HasBegun ?? false;
        // Record first, check second. Whoever closes the site does it in the opposite order, so that one of the two always sees the other.
        Record?.Begin();
        if (Record?.Exemption is null && !InForce.Reaches(backend, Upgrade is null ? Method.Method : "CONNECT"))
        {
            if (again)
                throw new BackendException(ForwardFailure.Cut);
            Record?.NotBegun();
            throw new BackendException(ForwardFailure.Closed, notBegun: true);
        }

        // The request was admitted before this process was paused, and the site may have been closed since. An unreachable store does not
        // count as a pause.
        if (!again && modes.IsStale)
        {
            Record?.NotBegun();
            throw new BackendException(ForwardFailure.Overloaded, notBegun: true);
        }

        Record?.Accepted();
    }

    // The mode that applies to the client. Router asks for an error page only after it has forwarded a client's request.
    private Mode InForce => Record is { Client: { } client } ? modes.State.For(client, backend).Mode : modes.Current;

    public override void NotBegun() => Record?.NotBegun();

    public override void Completed() => Record?.Completed();
}
