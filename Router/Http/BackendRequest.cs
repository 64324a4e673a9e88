namespace Router.Http;

/// <summary>
/// A request to a backend as the transports see it: the HTTP message, additional state that the message cannot hold, and callbacks for the
/// sender. The transports know neither the client nor the mode.
/// </summary>
/// <param name="pathAndQuery">The request target exactly as received.</param>
/// <param name="headers">The expected number of headers.</param>
public class BackendRequest(HttpMethod method, string pathAndQuery, int headers = 0) : HttpRequestMessage(method, (Uri?)null)
{
    /// <summary>The request target: path and query exactly as received.</summary>
    public string PathAndQuery => pathAndQuery;

    /// <summary>The headers, except those that belong to the connection.</summary>
    public HeaderList HeaderList { get; } = new(headers);

    /// <summary>
    /// Ends the request. Not passed to the HTTP client with the message, because the client would create a linked source for each.
    /// </summary>
    public virtual CancellationToken Cancellation { get; init; }

    /// <summary>Whether the request has been cancelled.</summary>
    public virtual bool IsCancelled => Cancellation.IsCancellationRequested;

    /// <summary>The body; null if there is none.</summary>
    public BackendRequestBody? Body => Content as BackendRequestBody;

    /// <summary>The protocol that the client requests an upgrade to (RFC 9110 section 7.8); null for none.</summary>
    public string? Upgrade { get; init; }

    /// <summary>Whether the client waits for a 100 response before it sends its body (RFC 9110 section 10.1.1).</summary>
    public bool ExpectsContinue { get; init; }

    /// <summary>Whether the headers in <see cref="HeaderList"/> have been copied to the framework's collections.</summary>
    public bool HeadersAreWritten { get; set; }

    /// <summary>Whether the request requires a new connection: set after an idle connection has failed.</summary>
    public bool NeedsFreshConnection { get; set; }

    /// <summary>
    /// Whether an earlier attempt may have reached the backend: the outcome of the current attempt cannot rule that out any more.
    /// </summary>
    public bool MayHaveBegunBefore { get; set; }

    /// <summary>The header that the HTTP/2 transport wrote first in the current attempt; null before it has written one.</summary>
    public string? FirstHeader { get; set; }

    /// <summary>The index of the backend address tried last; negative for none. A retry prefers another address, if there is one.</summary>
    public int TriedAddress { get; set; } = -1;

    /// <summary>
    /// Whether the method is HEAD, so that the response has no body. Methods are case-sensitive (RFC 9110 section 9.1); the framework's
    /// comparison is not.
    /// </summary>
    public bool IsHead => Method.Method is "HEAD";

    /// <summary>Whether sending it twice has the same effect as sending it once, and it has no body that can be read only once.</summary>
    public bool IsRetryable => Content is not BackendRequestBody && Upgrade is null && RequestMethods.IsIdempotent(Method.Method);

    /// <summary>
    /// Disposes a connection when the request is cancelled, until <see cref="ReleaseConnection"/> is called or the result is disposed.
    /// </summary>
    public virtual CancellationTokenRegistration CloseWhenCancelled(IDisposable connection) =>
        Cancellation.UnsafeRegister(static connection => ((IDisposable)connection!).Dispose(), connection);

    /// <summary>From now on cancellation is up to the reader of the response body, which has the token.</summary>
    public virtual void ReleaseConnection() { }

    /// <summary>An idle connection carries the request. The last attempt counts.</summary>
    public virtual void ConnectionReused() { }

    /// <summary>A connection is being established for the request.</summary>
    public virtual void Connecting() { }

    /// <summary>The connection has been established.</summary>
    public virtual void Connected() { }

    /// <summary>Call this right before the first byte is sent, in every attempt.</summary>
    /// <exception cref="BackendException">The request must not be sent.</exception>
    public virtual void EnsureAdmitted() { }

    /// <summary>The backend has provably not started processing the request.</summary>
    public virtual void NotBegun() { }

    /// <summary>The backend's response is complete.</summary>
    public virtual void Completed() { }
}
