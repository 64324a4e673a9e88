namespace Router.Http;

/// <summary>A request to a backend failed on the way.</summary>
/// <param name="failure">On which leg, and how.</param>
/// <param name="notBegun">Whether the backend has provably not begun with the request: then it may be sent again, whatever its
/// method.</param>
/// <param name="diedIdle">
/// Whether a kept connection turned out dead before a byte of the answer: most likely the backend had closed it already,
/// but it cannot be told from one that died at work, so only what is safe to do twice may be sent again (RFC 9110 section 9.2.2).
/// </param>
/// <param name="cause">What the system said.</param>
/// <param name="isRefused">Whether an HTTP/2 backend has declared the request unprocessed (RFC 9113 section 8.7).</param>
/// <param name="isFinal">Whether the request cannot be sent again, because its body is not there any more.</param>
public sealed class BackendException(
    ForwardFailure failure,
    bool notBegun = false,
    bool diedIdle = false,
    Exception? cause = null,
    bool isRefused = false,
    bool isFinal = false
) : HttpRequestException(ForwardFailures.NameOf(failure), cause)
{
    /// <summary>On which leg, and how.</summary>
    public ForwardFailure Failure => failure;

    /// <summary>Whether the backend has provably not begun with the request.</summary>
    public bool NotBegun => notBegun;

    /// <summary>Whether an HTTP/2 backend has declared the request unprocessed.</summary>
    public bool IsRefused => isRefused;

    /// <summary>Whether the request cannot be sent again.</summary>
    public bool IsFinal => isFinal;

    /// <summary>Whether a kept connection turned out dead before a byte of the answer.</summary>
    public bool DiedIdle => diedIdle;
}
