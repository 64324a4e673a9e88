using Router.Configuration;
using Router.Http;
using Router.Modes;
using Router.Proxy.InFlight;

namespace Router.Proxy;

/// <summary>A client's request on its way to a backend. The mode is asked once more when its first byte goes out.</summary>
/// <param name="method">The method.</param>
/// <param name="pathAndQuery">The raw target.</param>
/// <param name="backend">What the backend is to the modes.</param>
/// <param name="modes">Knows the mode.</param>
/// <param name="deadline">Its deadlines.</param>
/// <param name="headers">How many headers it is expected to have.</param>
public sealed class ForwardedRequest(
    HttpMethod method,
    string pathAndQuery,
    BackendKind backend,
    ModeController modes,
    RequestDeadline deadline,
    int headers = 0
) : BackendRequest(method, pathAndQuery, headers)
{
    /// <summary>What is noted of the client's request; null for the page of an error, which is a request of Router's own.</summary>
    public RequestRecord? Record { get; init; }

    public override CancellationToken Cancellation => deadline.Token;

    public override bool IsCancelled => deadline.IsCancelled;

    /// <summary>The client's body; null where there is none.</summary>
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

    /// <exception cref="BackendException">The mode closes the backend now: the site was closed while the request waited for its permit or
    /// its connection.</exception>
    public override void Begin()
    {
        var again = Record?.HasBegun ?? false;
        // Noted first, asked second: whoever closes the site asks in the other order, so that one of the two sees the other.
        Record?.Begin();
        if (Record?.Exemption is null && !modes.Current.Reaches(backend, Upgrade is null ? Method.Method : "CONNECT"))
        {
            if (again)
                throw new BackendException(ForwardFailure.Cut);
            Record?.NotBegun();
            throw new BackendException(ForwardFailure.Closed, notBegun: true);
        }

        // It was admitted before this process was paused, and the site may have been closed meanwhile. A store that can't be reached is no
        // pause.
        if (!again && modes.IsStale)
        {
            Record?.NotBegun();
            throw new BackendException(ForwardFailure.Overloaded, notBegun: true);
        }

        Record?.Accepted();
    }

    public override void NotBegun() => Record?.NotBegun();

    public override void Completed() => Record?.Completed();
}
