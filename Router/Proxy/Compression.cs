using System.Globalization;
using Router.Configuration;
using Router.Headers;
using Router.Http;

namespace Router.Proxy;

/// <summary>
/// Decides whether Router compresses a response that the backend sent uncompressed, and adjusts the response headers accordingly.
/// <para>
/// A compressed body must not mix a secret with text that an attacker controls: the compressed length then reveals the secret, one
/// character at a time (BREACH, CVE-2013-3587). HTML and JSON often contain both. Router compresses them only if the request carries no
/// credentials (Cookie, Authorization) and the response sets no cookie; such a response contains no user's secret. Style sheets, scripts
/// and images contain no secrets. <see cref="CompressionPolicy.Personal"/> lifts this restriction.
/// </para>
/// </summary>
public static class Compression
{
    // A smaller body fits into the same packet as its headers, and the encoding's overhead would cancel the savings.
    private const int MinLength = 1024;

    /// <summary>
    /// Adjusts the headers of a response that is to be compressed and returns the content coding, or null if the body is sent unchanged.
    /// Call it after the response headers have been copied and before anything has been sent. A response without a body, or with only part
    /// of it, gets the headers that the full response to GET would have, as far as they can be known (RFC 9110 sections 9.3.2, 15.3.7 and
    /// 15.4.5).
    /// </summary>
    public static string? NegotiateCoding(HttpContext context, CompressionPolicy policy)
    {
        if (policy == CompressionPolicy.Off)
            return null;
        var headers = context.Response.Headers;
        if (
            context.Response.StatusCode == StatusCodes.Status304NotModified
            && headers.ETag is [{ } version]
            && EncodedConditions.TagFor304(context.Request, version) is { } known
        )
        {
            headers.ETag = known;
            Vary(headers);
            return null;
        }

        if (!MayBeCoded(context, policy))
            return null;
        // Even if this client accepts no coding: a cache must not serve its response to other clients.
        Vary(headers);
        // A 206 carries the backend's own bytes and therefore its own tag. A 304 repeats the tag that the client sent, unless Router
        // restored it.
        if (context.Response.StatusCode is StatusCodes.Status206PartialContent or StatusCodes.Status304NotModified)
            return null;
        if (AcceptEncoding.Choose(context.Request.Headers.AcceptEncoding) is not { } coding)
            return null;
        headers.ContentEncoding = coding;
        headers.ContentLength = null;
        // A range of the encoded body would not match what the backend returns for that range.
        headers.Remove("Accept-Ranges");
        if (context.Request.Method is not ("GET" or "HEAD"))
            return coding;
        // In a response to other methods the tag does not describe these bytes: after PUT it describes the stored representation (RFC 9110
        // section 9.3.4).
        if (headers.ETag is [{ } tag])
            headers.ETag = EncodedTags.Of(tag, coding);
        return context.Request.Method is "HEAD" ? null : coding;
    }

    private static void Vary(IHeaderDictionary headers)
    {
        if (!HopByHopHeaders.IsNamedBy(headers.Vary, "Accept-Encoding") && headers.Vary != "*")
            headers.Vary = headers.Vary.Count == 0 ? "Accept-Encoding" : $"{headers.Vary}, Accept-Encoding";
    }

    private static bool MayBeCoded(HttpContext context, CompressionPolicy policy)
    {
        var (request, response) = (context.Request, context.Response);
        var headers = response.Headers;
        if (Kind(headers.ContentType.ToString()) is not { } mayBePersonal)
            return false;
        // An HTTP/1.0 client detects the end of a body without a length only by the connection's close: a truncated body would look
        // complete.
        return response.StatusCode is not (204 or 205)
            && request.Protocol != "HTTP/1.0"
            && headers.ContentEncoding.Count == 0
            && (response.StatusCode == StatusCodes.Status206PartialContent || headers.ContentRange.Count == 0)
            && !(LengthOf(response) < MinLength)
            // Checked before the more expensive conditions: most HTML responses stop here.
            && (!mayBePersonal || policy == CompressionPolicy.Personal || !IsPersonal(request, headers))
            && !HopByHopHeaders.IsNamedBy(headers.CacheControl, "no-transform")
            && !HopByHopHeaders.IsNamedBy(request.Headers.CacheControl, "no-transform")
            && !HasDigest(headers);
    }

    // The length of the full content. A partial response states both (RFC 9110 section 14.4).
    private static long? LengthOf(HttpResponse response)
    {
        if (response.StatusCode != StatusCodes.Status206PartialContent)
            return response.Headers.ContentLength;
        var range = response.Headers.ContentRange.ToString();
        return long.TryParse(
            range.AsSpan(range.IndexOf('/', StringComparison.Ordinal) + 1),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var length
        )
            ? length
            : null;
    }

    // Trailers and digests were computed for the unencoded bytes (RFC 9530 sections 2 and 3).
    private static bool HasDigest(IHeaderDictionary headers) =>
        headers.ContainsKey("Content-Digest")
        || headers.ContainsKey("Repr-Digest")
        || headers.ContainsKey("Digest")
        || headers.ContainsKey("Content-MD5")
        || headers.ContainsKey("Trailer");

    private static bool IsPersonal(HttpRequest request, IHeaderDictionary response) =>
        request.Headers.Cookie.Count > 0 || request.Headers.Authorization.Count > 0 || response.SetCookie.Count > 0;

    /// <summary>Whether a body of this type may contain personal data; null if the type is never compressed.</summary>
    private static bool? Kind(ReadOnlySpan<char> contentType)
    {
        var end = contentType.IndexOf(';');
        var type = (end < 0 ? contentType : contentType[..end]).Trim(" \t");
        if (Is(type, "text/html") || Is(type, "application/json") || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase))
            return true;
        if (
            Is(type, "text/css")
            || Is(type, "text/javascript")
            || Is(type, "application/javascript")
            || Is(type, "application/x-javascript")
            || Is(type, "image/svg+xml")
        )
            return false;
        return null;
    }

    private static bool Is(ReadOnlySpan<char> text, string name) => text.Equals(name, StringComparison.OrdinalIgnoreCase);
}
