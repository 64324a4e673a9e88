using System.Buffers;
using System.Collections.Frozen;
using System.Net;
using Microsoft.Extensions.Primitives;
using Router.Access;
using Router.Configuration;

namespace Router.Forwarding.Headers;

/// <summary>What of the client's header goes to the backend, and what Router adds.</summary>
public static class RequestHeaders
{
    /// <summary>How many fields Router usually adds.</summary>
    public const int UsuallyAdded = 6;

    // Fields that tell a backend who asks or what is asked for. From anyone but a trusted proxy they are a way to be somebody else,
    // and the last ones nobody may send: they make frameworks take another path than the one that was checked, a request have two lengths,
    // or a CGI program send its own requests through a proxy of the client's choice (CVE-2016-5385).
    private static readonly string[] FromTrustedProxies = ["Forwarded", "X-Real-IP", "X-Client-IP", "True-Client-IP", "X-Cluster-Client-IP"];
    private static readonly string[] FromNobody = ["X-Original-URL", "X-Rewrite-URL", "X-Original-Host", "Host", "Content-Length", "X-Content-Length", "Transfer-Encoding", "Proxy", BypassToken.Header];
    private static readonly string[] MadeHere = ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"];

    // One look-up for each field. True: from a trusted proxy it passes.
    private static readonly FrozenDictionary<string, bool> Stopped = FromTrustedProxies.Select(name => KeyValuePair.Create(name, true))
        .Concat(FromNobody.Concat(MadeHere).Select(name => KeyValuePair.Create(name, false))).ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> OfTheRequestItself = new[]
    {
        "Expect", "Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since",
        "Content-Type", "Content-Encoding", "Content-Language", "Content-Location", "Content-Disposition", "Content-Range", "Content-MD5", "Content-Digest", "Digest", "Repr-Digest", "Expires", "Last-Modified", "Allow",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly SearchValues<char> Controls = SearchValues.Create([.. Enumerable.Range(0, 32).Select(c => (char)c).Where(c => c is not '\t'), '\x7f']);

    /// <summary>Copies the fields of the request onto the message for the backend.</summary>
    /// <param name="context">The request.</param>
    /// <param name="message">The message.</param>
    /// <param name="backend">The backend.</param>
    /// <param name="order">What the forwarder is to do.</param>
    /// <param name="isPage">Whether the message asks for a page that the client has not asked for itself.</param>
    public static void Copy(HttpContext context, BackendRequest message, BackendSettings backend, ForwardOrder order, bool isPage = false)
    {
        var rules = order.RequestRules;
        var credentials = isPage || order.Route.Authenticates ? backend.Authorization : null;
        var headers = context.Request.Headers;
        var connection = headers.Connection;
        foreach (var (name, values) in headers)
        {
            if (isPage && OfTheRequestItself.Contains(name))
                continue;
            if (MayPass(name, order.PeerIsTrusted, rules) && !HopByHopHeaders.Contains(name, connection)
                && !(order.Span is not null && TraceContext.IsWritten(name))
                && (credentials is null || !IsSame(name, "Authorization")))
            {
                Add(message, name, IsSame(name, "Cookie") ? BypassToken.Without(values) : values);
            }
        }

        if (HopByHopHeaders.IsNamedBy(headers.TE, "trailers"))
        {
            // RFC 9110 section 10.1.4: TE goes from hop to hop, and in HTTP/1.1 says so.
            message.Fields.Add("TE", "trailers");
            if (!backend.Http2)
                message.Fields.Add("Connection", "TE");
        }

        AddForwarded(context, message, order.PeerIsTrusted, rules.ForwardedProto);
        if (order.Span is { } span)
            TraceContext.Add(message, span);
        rules.AddSampling(headers, message, order.Client);
        // The answer to TRACE is the request (RFC 9110 section 9.3.8): it would hand the credentials to the client.
        if (credentials is not null && message.Method.Method is not "TRACE")
            message.Fields.Add("Authorization", credentials);
    }

    /// <summary>
    /// Copies what a request for a page of a backend's own needs: everything but what speaks of the body that the client sent
    /// or of the part or the version that it has already (RFC 9110 sections 8, 13 and 14).
    /// </summary>
    public static void CopyForPage(HttpContext context, BackendRequest message, BackendSettings backend, ForwardOrder order)
    {
        Copy(context, message, backend, order, isPage: true);
    }

    /// <summary>Whether a client may say this to a backend.</summary>
    /// <param name="name">The field's name.</param>
    /// <param name="peerIsTrusted">Whether who connected is a proxy that is believed.</param>
    /// <param name="rules">What is removed from every request.</param>
    public static bool MayPass(string name, bool peerIsTrusted, RequestRules rules)
    {
        // The pseudo-header fields of HTTP/2 are no fields of the message.
        if (name.StartsWith(':'))
            return false;
        // CGI and WSGI make one name of X_Forwarded_For and X-Forwarded-For (RFC 3875 section 4.1.18).
        var plain = name.Contains('_', StringComparison.Ordinal) ? name.Replace('_', '-') : name;
        if (rules.Removes(plain))
            return false;
        return Stopped.TryGetValue(plain, out var fromTrusted) ? fromTrusted && peerIsTrusted
            : peerIsTrusted || !plain.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase);
    }

    private static void Add(BackendRequest message, string name, StringValues values)
    {
        foreach (var value in values)
        {
            // A line break, which only HTTP/2 could bring, would begin a field of its own; the others some parsers take for blanks
            // and some for an end (RFC 9110 section 5.5).
            if (value.AsSpan().ContainsAny(Controls))
                throw new BackendException(ForwardFailure.InvalidRequest, notBegun: true);
        }

        // A name that is no token: HTTP/2 brings those too, line breaks and all.
        if (name.AsSpan().ContainsAnyExcept(TokenCharacters))
            throw new BackendException(ForwardFailure.InvalidRequest, notBegun: true);
        message.Fields.Add(name, values);
    }

    private static void AddForwarded(HttpContext context, BackendRequest message, bool peerIsTrusted, string? fixedProto)
    {
        var headers = context.Request.Headers;
        var peer = TextOf(context.Connection.RemoteIpAddress ?? IPAddress.None);
        var before = peerIsTrusted ? headers["X-Forwarded-For"] : default;
        message.Fields.Add("X-Forwarded-For", before.Count switch
        {
            0 => peer,
            1 => $"{before}, {peer}",
            _ => $"{string.Join(", ", before.ToArray())}, {peer}",
        });
        var proto = fixedProto
            ?? (peerIsTrusted && headers["X-Forwarded-Proto"].ToString() is ("http" or "https") ? headers["X-Forwarded-Proto"].ToString() : context.Request.Scheme);
        message.Fields.Add("X-Forwarded-Proto", proto);
        message.Fields.Add("X-Forwarded-Host", headers.Host.ToString());
    }

    private static string TextOf(IPAddress address) =>
        (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();

    private static bool IsSame(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);
}
