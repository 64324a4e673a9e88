using Router.Configuration;
using Router.Http;
using Router.Modes;
using Router.Proxy.InFlight;

namespace Router.Proxy;

/// <summary>A client's request that is forwarded to a backend. Checks the mode again right before its first byte is sent.</summary>
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
    /// <summary>The client's request; null for a request for an error page, which Router makes itself.</summary>
    public RequestContext? Client { get; init; }

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

    public override void ConnectionReused() => Client?.ConnectionReused();

    public override void Connecting() => Client?.Connecting();

    public override void Connected() => Client?.Connected();

    /// <exception cref="BackendException">The mode now closes the backend: the site was closed, or a tester's bypass ended, while the
    /// request waited for its permit or its connection.</exception>
    public override void EnsureAdmitted()
    {
        var again = Client?.HasBegun ?? false;
        // Record first, check second. Closing the site does it in the opposite order, so that one of the two always sees the other.
        Client?.MarkBegun();
        // Router asks for an error page only after it has forwarded a client's request.
        if (Client?.IsRefusedBy(modes) ?? !modes.Current.Reaches(backend, Method.Method))
        {
            if (again)
                throw new BackendException(ForwardFailure.Cut);
            Client?.MarkNotBegun();
            throw new BackendException(ForwardFailure.Closed, notBegun: true, isFinal: true);
        }

        // The request was admitted before this process was paused, and the site may have been closed since. An unreachable store does not
        // count as a pause.
        if (!again && modes.IsStale)
        {
            Client?.MarkNotBegun();
            throw new BackendException(ForwardFailure.Overloaded, notBegun: true, isFinal: true);
        }

        Client?.Accepted();
    }

    public override void NotBegun() => Client?.MarkNotBegun();

    public override void Completed() => Client?.Completed();
}
