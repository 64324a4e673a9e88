namespace Router.Http;

/// <summary>
/// A request on its way to a backend, as the transports know it: the message, what a message has no place for, and the moments that
/// whoever sends it wants to hear of. The transports know neither the client nor the mode.
/// </summary>
/// <param name="method">The method.</param>
/// <param name="pathAndQuery">The raw target.</param>
/// <param name="headers">How many headers it is expected to have.</param>
public class BackendRequest(HttpMethod method, string pathAndQuery, int headers = 0) : HttpRequestMessage(method, (Uri?)null)
{
    /// <summary>The raw target: path and query as they came.</summary>
    public string PathAndQuery => pathAndQuery;

    /// <summary>Its headers, except for those that the connection needs.</summary>
    public HeaderList HeaderList { get; } = new(headers);

    /// <summary>Ends it. Not given to the client with the message: it would make a source of its own of each.</summary>
    public virtual CancellationToken Cancellation { get; init; }

    /// <summary>Whether it was ended.</summary>
    public virtual bool IsCancelled => Cancellation.IsCancellationRequested;

    /// <summary>The body; null where there is none.</summary>
    public BackendRequestBody? Body => Content as BackendRequestBody;

    /// <summary>The protocol that the client asks to change to (RFC 9110 section 7.8); null where it does not.</summary>
    public string? Upgrade { get; init; }

    /// <summary>Whether the client waits for a 100 response before it sends its body (RFC 9110 section 10.1.1).</summary>
    public bool ExpectsContinue { get; init; }

    /// <summary>Whether <see cref="HeaderList"/> are in the framework's collections too.</summary>
    public bool FieldsAreWritten { get; set; }

    /// <summary>Whether it needs a new connection: set where an idle one has failed it.</summary>
    public bool NeedsFreshConnection { get; set; }

    /// <summary>
    /// Whether an attempt before this one may have reached the backend: then nothing that becomes of this one can take that back.
    /// </summary>
    public bool MayHaveBegunBefore { get; set; }

    /// <summary>The header that the HTTP/2 transport wrote first in the attempt that runs; null before it has written one.</summary>
    public string? FirstHeader { get; set; }

    /// <summary>Which of the backend's addresses was tried last; negative for none. Another one is better, where there is one.</summary>
    public int TriedAddress { get; set; } = -1;

    /// <summary>
    /// Whether the response has no body. Methods are case-sensitive (RFC 9110 section 9.1), which the framework's comparison is not.
    /// </summary>
    public bool IsHead => Method.Method is "HEAD";

    /// <summary>Whether doing it twice is the same as doing it once, and there is no body that can be read only once.</summary>
    public bool IsRepeatable => Content is not BackendRequestBody && Upgrade is null && RequestMethods.IsIdempotent(Method.Method);

    /// <summary>
    /// Disposes of a connection when the request is ended, until <see cref="ReleaseConnection"/> or the result is disposed of.
    /// </summary>
    public virtual CancellationTokenRegistration CloseWhenCancelled(IDisposable connection) =>
        Cancellation.UnsafeRegister(static connection => ((IDisposable)connection!).Dispose(), connection);

    /// <summary>From now on whoever reads the response's body has the token.</summary>
    public virtual void ReleaseConnection() { }

    /// <summary>An idle connection carries it. The last attempt counts.</summary>
    public virtual void ConnectionReused() { }

    /// <summary>A connection is being made for it.</summary>
    public virtual void Connecting() { }

    /// <summary>The connection is made.</summary>
    public virtual void Connected() { }

    /// <summary>To be called right before the first byte goes out, at every attempt.</summary>
    /// <exception cref="BackendException">It must not go out.</exception>
    public virtual void Begin() { }

    /// <summary>The backend has provably begun nothing.</summary>
    public virtual void NotBegun() { }

    /// <summary>The backend's response is complete.</summary>
    public virtual void Completed() { }
}
