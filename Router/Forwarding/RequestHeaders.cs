using System.Collections.Frozen;
using System.Net;
using Microsoft.Extensions.Primitives;
using Router.Configuration;

namespace Router.Forwarding;

/// <summary>What of the client's header goes to the backend, and what Router adds.</summary>
public static class RequestHeaders
{
    // Fields that tell a backend who asks or what is asked for. From anyone but a trusted proxy they are a way to be somebody else,
    // and the last ones, which make frameworks take another path than the one that was checked, nobody may send.
    private static readonly FrozenSet<string> FromTrustedProxies = Set("Forwarded", "X-Real-IP", "X-Client-IP", "True-Client-IP", "X-Cluster-Client-IP");
    private static readonly FrozenSet<string> FromNobody = Set("X-Original-URL", "X-Rewrite-URL", "X-Original-Host", "Host", "Content-Length", "X-Content-Length");
    private static readonly FrozenSet<string> OfTheRequestItself = Set("Expect", "Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since");
    private static readonly FrozenSet<string> MadeHere = Set("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host");

    /// <summary>Copies the fields of the request onto the message for the backend.</summary>
    /// <param name="context">The request.</param>
    /// <param name="message">The message.</param>
    /// <param name="backend">The backend.</param>
    /// <param name="order">What the forwarder is to do.</param>
    /// <param name="isPage">Whether the message asks for a page that the client has not asked for itself.</param>
    public static void Copy(HttpContext context, BackendRequest message, BackendSettings backend, in ForwardOrder order, bool isPage = false)
    {
        var rules = order.RequestRules;
        // The answer to TRACE is the request as it came in: it would tell the client the credentials (RFC 9110 section 9.3.8).
        var authenticates = isPage || (order.Route.Authenticates && !HttpMethods.IsTrace(context.Request.Method));
        var credentials = authenticates ? backend.BasicAuthentication : null;
        var headers = context.Request.Headers;
        var connection = headers.Connection;
        foreach (var (name, values) in headers)
        {
            if (isPage && OfTheRequestItself.Contains(name))
                continue;
            if (MayPass(name, order.PeerIsTrusted, rules) && !HopByHopHeaders.Contains(name, connection)
                && (credentials is null || !IsSame(name, "Authorization")))
            {
                Add(message, name, values);
            }
        }

        if (HopByHopHeaders.IsNamedBy(headers.TE, "trailers"))
        {
            // RFC 9110 section 10.1.4: TE goes from hop to hop, and in HTTP/1.1 says so.
            message.Headers.TryAddWithoutValidation("TE", "trailers");
            if (!backend.Http2)
                message.Headers.TryAddWithoutValidation("Connection", "TE");
        }

        AddForwarded(context, message, order.PeerIsTrusted, rules.ForwardedProto);
        rules.AddSampling(headers, message, order.Client);
        if (credentials is not null)
            message.Headers.TryAddWithoutValidation("Authorization", "Basic " + credentials);
    }

    /// <summary>
    /// Copies what a request for a page of a backend's own needs: everything but what speaks of the body that the client sent
    /// or of the part or the version that it has already (RFC 9110 sections 8, 13 and 14).
    /// </summary>
    public static void CopyForPage(HttpContext context, BackendRequest message, BackendSettings backend, in ForwardOrder order)
    {
        Copy(context, message, backend, order, isPage: true);
        message.Content = null;
    }

    private static bool MayPass(string name, bool peerIsTrusted, RequestRules rules)
    {
        // The pseudo-header fields of HTTP/2 are no fields of the message.
        if (name.StartsWith(':'))
            return false;
        // CGI and WSGI make one name of X_Forwarded_For and X-Forwarded-For (RFC 3875 section 4.1.18).
        var plain = name.Contains('_', StringComparison.Ordinal) ? name.Replace('_', '-') : name;
        if (FromNobody.Contains(plain) || MadeHere.Contains(plain) || rules.Removes(plain))
            return false;
        return peerIsTrusted || !(FromTrustedProxies.Contains(plain) || plain.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase));
    }

    private static void Add(BackendRequest message, string name, StringValues values)
    {
        foreach (var value in values)
        {
            // HTTP/1.1 requests can't have them, but a field of HTTP/2 might; there a line break would begin a field of its own.
            if (value.AsSpan().ContainsAny('\r', '\n', '\0'))
                throw new BackendException(ForwardFailure.InvalidRequest, notBegun: true);
        }

        if (values.Count == 1)
        {
            if (!message.Headers.TryAddWithoutValidation(name, values[0]))
                Content(message).Headers.TryAddWithoutValidation(name, values[0]);
        }
        else if (!message.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
        {
            Content(message).Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }
    }

    // The framework keeps fields such as Content-Type with the content. A request without a body that has them
    // gets an empty one, and so a Content-Length of 0 besides.
    private static HttpContent Content(HttpRequestMessage message) => message.Content ??= new EmptyContent();

    private static void AddForwarded(HttpContext context, HttpRequestMessage message, bool peerIsTrusted, string? fixedProto)
    {
        var headers = context.Request.Headers;
        var peer = TextOf(context.Connection.RemoteIpAddress ?? IPAddress.None);
        var before = peerIsTrusted ? headers["X-Forwarded-For"] : default;
        message.Headers.TryAddWithoutValidation("X-Forwarded-For", before.Count == 0 ? peer : $"{string.Join(", ", before.ToArray())}, {peer}");
        var proto = fixedProto
            ?? (peerIsTrusted && headers["X-Forwarded-Proto"].ToString() is ("http" or "https") ? headers["X-Forwarded-Proto"].ToString() : context.Request.Scheme);
        message.Headers.TryAddWithoutValidation("X-Forwarded-Proto", proto);
        message.Headers.TryAddWithoutValidation("X-Forwarded-Host", headers.Host.ToString());
    }

    private static string TextOf(IPAddress address) =>
        (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();

    private static bool IsSame(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);

    private static FrozenSet<string> Set(params string[] names) => names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
