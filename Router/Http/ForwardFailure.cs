using System.Collections.Immutable;
using System.Text;

namespace Router.Http;

/// <summary>
/// Every way in which forwarding a request can fail, ordered by leg. Logs, metrics and error responses share this list.
/// </summary>
public enum ForwardFailure
{
    /// <summary>The backend's host name has no IP address. 502.</summary>
    NameNotResolved,

    /// <summary>No connection could be established. 502.</summary>
    ConnectFailed,

    /// <summary>Connecting took longer than the backend's <c>ConnectTimeout</c>. 504.</summary>
    ConnectTimeout,

    /// <summary>Too many connection attempts have failed recently; none is made for a while. 503.</summary>
    CircuitOpen,

    /// <summary>The backend's limit of concurrent requests is reached, and the queue is full or too slow. 503.</summary>
    Overloaded,

    /// <summary>The TLS handshake failed, or the certificate is not trusted. 502.</summary>
    TlsFailed,

    /// <summary>The connection broke before the response started. 502.</summary>
    BrokenBeforeResponse,

    /// <summary>The response is not valid HTTP. 502.</summary>
    InvalidResponse,

    /// <summary>The response did not start within the backend's <c>ResponseTimeout</c>. 504.</summary>
    ResponseTimeout,

    /// <summary>
    /// The whole request took longer than the backend's <c>RequestTimeout</c>. 504, or the client's connection is aborted.
    /// </summary>
    RequestTimeout,

    /// <summary>
    /// The request body or the response body paused for longer than the backend's <c>IdleTimeout</c>. 504, or the client's connection is
    /// aborted.
    /// </summary>
    IdleTimeout,

    /// <summary>The connection broke in the middle of the response body. The client's connection is aborted.</summary>
    BrokenInResponse,

    /// <summary>The client sent a header that cannot be forwarded unambiguously. 400.</summary>
    InvalidRequest,

    /// <summary>
    /// The client's headers are larger than <c>Limits:MaxHeaderSize</c>, or there are more of them than <c>Limits:MaxHeaderCount</c>. 431.
    /// </summary>
    RequestHeaderTooLarge,

    /// <summary>The client sent a body that violates HTTP's rules or is truncated. 400.</summary>
    InvalidRequestBody,

    /// <summary>The client sent its body more slowly than <c>Limits:MinDataRate</c>. 408.</summary>
    RequestBodyTooSlow,

    /// <summary>The client sent a body that is larger than the route allows. 413.</summary>
    RequestBodyTooLarge,

    /// <summary>The client disconnected. There is no one to send a response to.</summary>
    ClientGone,

    /// <summary>The site was closed while the request waited to be sent. The response is the closed site's, 503.</summary>
    Closed,

    /// <summary>
    /// The site was closed, and the time allowed for requests in flight has passed. 503, or the client's connection is aborted.
    /// </summary>
    Cut,

    /// <summary>Router itself failed; the exception is in its log. 500, or the client's connection is aborted.</summary>
    InternalError,

    /// <summary>
    /// Router is stopping, and the time allowed for requests in flight has passed. 503, or the client's connection is aborted.
    /// </summary>
    Stopped,
}

/// <summary>The names of the failures in metrics and logs.</summary>
public static class ForwardFailures
{
    /// <summary>The names in snake case, indexed by failure.</summary>
    public static ImmutableArray<string> Names { get; } = [.. Enum.GetNames<ForwardFailure>().Select(SnakeCase)];

    public static string NameOf(ForwardFailure failure) => Names[(int)failure];

    /// <summary>Whether the backend is the reason, and not the client or Router.</summary>
    public static bool IsOfTheBackend(ForwardFailure failure) =>
        failure
            is not (
                ForwardFailure.ClientGone
                or ForwardFailure.Closed
                or ForwardFailure.Cut
                or ForwardFailure.Stopped
                or ForwardFailure.InvalidRequest
                or ForwardFailure.RequestHeaderTooLarge
                or ForwardFailure.InvalidRequestBody
                or ForwardFailure.RequestBodyTooSlow
                or ForwardFailure.RequestBodyTooLarge
                or ForwardFailure.InternalError
            );

    private static string SnakeCase(string name)
    {
        var text = new StringBuilder();
        foreach (var c in name)
        {
            if (char.IsUpper(c) && text.Length > 0)
                text.Append('_');
            text.Append(char.ToLowerInvariant(c));
        }

        return text.ToString();
    }
}
