using System.Net;
using Microsoft.Extensions.Primitives;
using Router.Access;
using Router.Configuration;
using Router.Headers;
using Router.Http;
using Router.Proxy.InFlight;

namespace Router.Proxy;

/// <summary>Selects the client's headers that are forwarded to the backend, and adds Router's own.</summary>
public static class RequestHeaders
{
    /// <summary>How many headers Router usually adds.</summary>
    public const int UsuallyAdded = 6;

    /// <summary>Copies the headers of the client's request to the backend request.</summary>
    /// <param name="context">The client's request.</param>
    /// <param name="message">The backend request.</param>
    /// <param name="request">How the request is forwarded.</param>
    /// <param name="limits">
    /// The limits for what a client may send. Null if the message requests an error page, which the client did not request itself: it gets
    /// no headers that describe the client's body, or the part or version of the content that the client already has (RFC 9110 sections 8,
    /// 13 and 14).
    /// </param>
    public static void Copy(
        HttpContext context,
        BackendRequest message,
        BackendSettings backend,
        RequestContext request,
        LimitSettings? limits
    )
    {
        var isPage = limits is null;
        var (size, count) = (0, 0);
        var rules = request.RequestRules;
        var credentials = isPage || request.Route.Authenticates ? backend.Authorization : null;
        var stops =
            RequestHeaderTraits.Stopped
            | RequestHeaderTraits.OfTheConnection
            | (request.PeerIsTrusted ? RequestHeaderTraits.None : RequestHeaderTraits.FromTrustedProxies)
            | (request.Span is null ? RequestHeaderTraits.None : RequestHeaderTraits.OfTheTrace)
            | (credentials is null ? RequestHeaderTraits.None : RequestHeaderTraits.Credentials)
            | (isPage ? RequestHeaderTraits.OfTheRequestItself : RequestHeaderTraits.None);
        StringValues forwardedFor = default,
            forwardedProto = default,
            sampled = default,
            flags = default;
        var headers = context.Request.Headers;
        var connection = headers.Connection;
        var namesOthers = HopByHopHeaders.NamesOthers(connection);
        foreach (var (name, values) in headers)
        {
            foreach (var value in values)
            {
                // As HTTP/1.1 serializes it: colon, space and line end included.
                size += name.Length + (value?.Length ?? 0) + 4;
                count++;
            }

            var traits = rules.Of(name);
            if ((traits & stops) != 0)
            {
                if ((traits & RequestHeaderTraits.ForwardedFor) != 0)
                    forwardedFor = values;
                else if ((traits & RequestHeaderTraits.ForwardedProto) != 0)
                    forwardedProto = values;
                else if ((traits & RequestHeaderTraits.Sampled) != 0)
                    sampled = values;
                else if ((traits & RequestHeaderTraits.TraceFlags) != 0)
                    flags = values;
                continue;
            }

            if (namesOthers && HopByHopHeaders.IsNamedBy(connection, name))
                continue;
            // HTTP/2 delivers names that are not tokens, even with line breaks. A name that matches a known one completely is always a
            // token.
            if (
                ((traits & ~RequestHeaderTraits.FromTrustedProxies) == 0 && !HeaderSyntax.IsToken(name)) || HeaderSyntax.HasControls(values)
            )
                throw new BackendException(ForwardFailure.InvalidRequest, notBegun: true);
            if ((traits & RequestHeaderTraits.Changeable) == 0)
                message.HeaderList.Add(name, values);
            else if (Change(context.Request, request, traits, name, values) is { Count: > 0 } changed)
                message.HeaderList.Add(name, changed);
        }

        // The server itself accepts more (ServerLimits).
        if (limits is not null && (size > limits.MaxHeaderSize || count > limits.MaxHeaderCount))
            throw new BackendException(ForwardFailure.RequestHeaderTooLarge, notBegun: true);
        if (HopByHopHeaders.IsNamedBy(headers.TE, "trailers"))
        {
            // RFC 9110 section 10.1.4: TE is hop-by-hop, and HTTP/1.1 requires Connection to list it.
            message.HeaderList.Add("TE", "trailers");
            if (!backend.Http2)
                message.HeaderList.Add("Connection", "TE");
        }

        AddForwarded(context, message, request.PeerIsTrusted ? forwardedFor : default);
        message.HeaderList.Add(
            "X-Forwarded-Proto",
            rules.ForwardedProto
                ?? (
                    request.PeerIsTrusted && forwardedProto.ToString() is ("http" or "https") and var before
                        ? before
                        : context.Request.Scheme
                )
        );
        message.HeaderList.Add("X-Forwarded-Host", headers.Host.ToString());
        if (request.Span is { } span)
            TraceContext.Add(message, span);
        rules.AddSampling(message, request.Client!, sampled, flags);
        // The response to TRACE echoes the request (RFC 9110 section 9.3.8), which would reveal the credentials to the client.
        if (credentials is not null && message.Method.Method is not "TRACE")
            message.HeaderList.Add("Authorization", credentials);
    }

    // Empty if the header is not forwarded to the backend.
    private static StringValues Change(
        HttpRequest http,
        RequestContext request,
        RequestHeaderTraits traits,
        string name,
        StringValues values
    )
    {
        if ((traits & RequestHeaderTraits.Cookie) != 0)
            return BypassToken.Without(values);
        if (request.Route.Compression == CompressionPolicy.Off)
            return values;
        if ((traits & RequestHeaderTraits.Range) != 0)
            return EncodedConditions.IgnoreRange(http) ? default : values;
        return name.Equals("If-Match", StringComparison.OrdinalIgnoreCase)
            ? EncodedConditions.IfMatch(values)
            : EncodedConditions.IfNoneMatch(http, values);
    }

    private static void AddForwarded(HttpContext context, BackendRequest message, StringValues before)
    {
        var peer = (context.Connection.RemoteIpAddress ?? IPAddress.None).ToString();
        message.HeaderList.Add(
            "X-Forwarded-For",
            before.Count switch
            {
                0 => peer,
                1 => $"{before}, {peer}",
                _ => $"{string.Join(", ", before.ToArray())}, {peer}",
            }
        );
    }
}
