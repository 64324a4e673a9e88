using System.Collections.Immutable;
using System.Text;

namespace Router.Http;

/// <summary>
/// Every way in which a forwarded request can go wrong, by the leg on which it does. Log, metrics and answers share this list.
/// </summary>
public enum ForwardFailure
{
    /// <summary>The backend's name has no address. 502.</summary>
    NameNotResolved,

    /// <summary>No connection could be made. 502.</summary>
    ConnectFailed,

    /// <summary>A connection took longer than the backend's <c>ConnectTimeout</c>. 504.</summary>
    ConnectTimeout,

    /// <summary>Too many connections have failed lately; none is tried for a while. 503.</summary>
    CircuitOpen,

    /// <summary>The backend has as many requests as it may have, and the queue is full or too slow. 503.</summary>
    Overloaded,

    /// <summary>TLS could not be agreed on, or the certificate is not trusted. 502.</summary>
    TlsFailed,

    /// <summary>The connection broke before the answer began. 502.</summary>
    BrokenBeforeResponse,

    /// <summary>What came back is not HTTP. 502.</summary>
    InvalidResponse,

    /// <summary>The answer did not begin within the backend's <c>ResponseTimeout</c>. 504.</summary>
    ResponseTimeout,

    /// <summary>
    /// The whole request took longer than the backend's <c>RequestTimeout </c>. 504, or the client's connection is aborted.
    /// </summary>
    RequestTimeout,

    /// <summary>
    /// A body, the request's or the answer's, paused for longer than the backend's <c>IdleTimeout </c>. 504, or the client's connection is
    /// aborted.
    /// </summary>
    IdleTimeout,

    /// <summary>The connection broke in the middle of the answer's body. The client's connection is aborted.</summary>
    BrokenInResponse,

    /// <summary>The client sent a field that can't be sent on in one form. 400.</summary>
    InvalidRequest,

    /// <summary>
    /// The client sent a header that is larger than <c>Limits:MaxHeaderSize </c>, or has more fields than <c>Limits:MaxHeaderFields </c>.
    /// 431.
    /// </summary>
    RequestHeaderTooLarge,

    /// <summary>The client sent a body that breaks HTTP's rules or ends early. 400.</summary>
    InvalidRequestBody,

    /// <summary>The client sent its body more slowly than <c>Limits:MinDataRate</c>. 408.</summary>
    RequestBodyTooSlow,

    /// <summary>The client sent a body that is longer than the route allows. 413.</summary>
    RequestBodyTooLarge,

    /// <summary>The client went away. Nobody is left to answer.</summary>
    ClientGone,

    /// <summary>The site was closed while the request waited to be sent. The closed site's answer, 503.</summary>
    Closed,

    /// <summary>The site was closed and the time is over that what was in flight had. 503, or the client's connection is aborted.</summary>
    Cut,

    /// <summary>Router itself failed; its log has the exception. 500, or the client's connection is aborted.</summary>
    InternalError,

    /// <summary>Router stops, and the time is over that what was in flight had. 503, or the client's connection is aborted.</summary>
    Stopped,
}

/// <summary>The names of the failures in metrics and logs.</summary>
public static class ForwardFailures
{
    /// <summary>The names in snake case, at the number of the failure.</summary>
    public static ImmutableArray<string> Names { get; } = [.. Enum.GetNames<ForwardFailure>().Select(SnakeCase)];

    /// <summary>The name of one failure.</summary>
    public static string NameOf(ForwardFailure failure) => Names[(int)failure];

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
