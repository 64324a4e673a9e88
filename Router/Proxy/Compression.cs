using System.Globalization;
using Router.Configuration;
using Router.Headers;
using Router.Http;

namespace Router.Proxy;

/// <summary>
/// Decides whether an answer that its backend has not compressed is compressed on its way, and says so in its header.
/// <para>
/// A secret and something that an attacker chooses must not share a compressed body: from its length the secret can be guessed,
/// letter by letter (BREACH, CVE-2013-3587). Pages and JSON often hold both. They are compressed only where neither the request says
/// who asks (Cookie, Authorization) nor the answer sets a cookie; then there is no secret of anybody's in them. Style sheets, scripts
/// and pictures hold none. <see cref="CompressionPolicy.Personal"/> lifts the rule.
/// </para>
/// </summary>
public static class Compression
{
    // Below this a body fits into the packet of its header, and the coding's own overhead eats what it saves.
    private const int LeastLength = 1024;

    /// <summary>
    /// Changes the header of an answer that is to be compressed, and says how; null where its body goes out as it is.
    /// The answer's fields have been copied and nothing has been sent. What has no body, or a part of it, gets what the whole response to
    /// GET would have in its header, as far as that can be known (RFC 9110 sections 9.3.2, 15.3.7 and 15.4.5).
    /// </summary>
    public static string? Begin(HttpContext context, CompressionPolicy policy)
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
        // Also where this client takes no coding: a cache must not give the next one what this one got.
        Vary(headers);
        // The bytes of a 206 are the backend's own, and so is their tag. A 304 names what the client sent, unless that was restored.
        if (context.Response.StatusCode is StatusCodes.Status206PartialContent or StatusCodes.Status304NotModified)
            return null;
        if (AcceptEncoding.Choose(context.Request.Headers.AcceptEncoding) is not { } coding)
            return null;
        headers.ContentEncoding = coding;
        headers.ContentLength = null;
        // A range of the coded body is not what the backend would give for it.
        headers.Remove("Accept-Ranges");
        if (context.Request.Method is not ("GET" or "HEAD"))
            return coding;
        // In the response to another method it is not the tag of these bytes: after PUT it is that of what was stored (RFC 9110 section
        // 9.3.4).
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
        // Who speaks HTTP/1.0 knows the end of a body without a length only by the end of the connection: half would look like all.
        return response.StatusCode is not (204 or 205)
            && request.Protocol != "HTTP/1.0"
            && headers.ContentEncoding.Count == 0
            && (response.StatusCode == StatusCodes.Status206PartialContent || headers.ContentRange.Count == 0)
            && !(LengthOf(response) < LeastLength)
            // Before what takes longer to look for: most pages end here.
            && (!mayBePersonal || policy == CompressionPolicy.Personal || !IsPersonal(request, headers))
            && !HopByHopHeaders.IsNamedBy(headers.CacheControl, "no-transform")
            && !HopByHopHeaders.IsNamedBy(request.Headers.CacheControl, "no-transform")
            && !HasDigest(headers);
    }

    // The length of the whole content: a part of it names both (RFC 9110 section 14.4).
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

    // Trailers and digests were made for the bytes as they are (RFC 9530 sections 2 and 3).
    private static bool HasDigest(IHeaderDictionary headers) =>
        headers.ContainsKey("Content-Digest")
        || headers.ContainsKey("Repr-Digest")
        || headers.ContainsKey("Digest")
        || headers.ContainsKey("Content-MD5")
        || headers.ContainsKey("Trailer");

    private static bool IsPersonal(HttpRequest request, IHeaderDictionary answer) =>
        request.Headers.Cookie.Count > 0 || request.Headers.Authorization.Count > 0 || answer.SetCookie.Count > 0;

    /// <summary>Whether a body of this type may hold something of a person; null where the type is not compressed at all.</summary>
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
