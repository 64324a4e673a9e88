namespace Router.Http;

/// <summary>Forwarding a request to a backend failed.</summary>
/// <param name="failure">What failed, and on which leg.</param>
/// <param name="notBegun">Whether the backend has provably not started processing the request: then it may be sent again, whatever its
/// method.</param>
/// <param name="diedIdle">
/// Whether a reused connection turned out to be dead before the first byte of the response. Most likely the backend had already closed it,
/// but this cannot be distinguished from a backend that died while processing the request, so only an idempotent request may be sent again
/// (RFC 9110 section 9.2.2).
/// </param>
/// <param name="cause">The underlying exception.</param>
/// <param name="isRefused">Whether an HTTP/2 backend has declared the request unprocessed (RFC 9113 section 8.7).</param>
/// <param name="isFinal">Whether the request must not be sent again: its body is no longer available, or Router itself refused it.</param>
public sealed class BackendException(
    ForwardFailure failure,
    bool notBegun = false,
    bool diedIdle = false,
    Exception? cause = null,
    bool isRefused = false,
    bool isFinal = false
) : HttpRequestException(ForwardFailures.NameOf(failure), cause)
{
    /// <summary>What failed, and on which leg.</summary>
    public ForwardFailure Failure => failure;

    /// <summary>Whether the backend has provably not started processing the request.</summary>
    public bool NotBegun => notBegun;

    /// <summary>Whether an HTTP/2 backend has declared the request unprocessed.</summary>
    public bool IsRefused => isRefused;

    /// <summary>Whether the request must not be sent again.</summary>
    public bool IsFinal => isFinal;

    /// <summary>Whether a reused connection turned out to be dead before the first byte of the response.</summary>
    public bool DiedIdle => diedIdle;
}
