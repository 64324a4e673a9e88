using Microsoft.Extensions.Primitives;
using Router.Http;

namespace Router.Headers;

/// <summary>
/// Translates the conditions of a request on a route that compresses (RFC 9110 section 13). Tags of compressed responses become the
/// backend's own tags again. Ranges always refer to the backend's own bytes, so they are forwarded only if the client cannot hold
/// compressed ones.
/// </summary>
public static class EncodedConditions
{
    /// <summary>The <c>If-Match</c> value for the backend.</summary>
    public static StringValues IfMatch(StringValues tags) => EncodedTags.Restore(tags, coding: null);

    /// <summary>The <c>If-None-Match</c> value for the backend.</summary>
    /// <param name="request">The client's request.</param>
    /// <param name="tags">The header's values.</param>
    public static StringValues IfNoneMatch(HttpRequest request, StringValues tags) =>
        EncodedTags.IsIn(tags) && TryGetCoding(request, out var coding) ? EncodedTags.Restore(tags, coding) : tags;

    /// <summary>The client's own tag for the version that a backend's 304 names; null if Router did not restore it.</summary>
    public static string? TagFor304(HttpRequest request, string tag) =>
        EncodedTags.IsIn(request.Headers.IfNoneMatch) && TryGetCoding(request, out var coding) && coding is not null
            ? EncodedTags.AsSent(tag, request.Headers.IfNoneMatch, coding)
            : null;

    /// <summary>
    /// Whether the backend must not see <c>Range</c> (a server may ignore it, RFC 9110 section 14.2). If the range condition could also
    /// match compressed bytes, the client would append a range of the uncompressed bytes to them.
    /// </summary>
    public static bool IgnoreRange(HttpRequest request)
    {
        var headers = request.Headers;
        if (EncodedTags.IsIn(headers.IfMatch) || EncodedTags.IsIn(headers.IfNoneMatch))
            return true;
        if (headers.IfRange.Count > 0)
        {
            // A weak tag is not valid for a range (RFC 9110 section 13.1.5), but some backends compare tags character by character.
            var condition = headers.IfRange.ToString();
            return !EncodedTags.IsStrong(condition) && (condition.Contains('"', StringComparison.Ordinal) || TakesCoding(request));
        }

        return headers.IfUnmodifiedSince.Count > 0 && TakesCoding(request);
    }

    // A response to GET is selected by Accept-Encoding. A tag of another coding is not the tag of what the client would get now, and a
    // cache that received a 304 for it would serve compressed bytes to a client that cannot decode them. Other methods refer to the
    // resource itself.
    private static bool TryGetCoding(HttpRequest request, out string? coding)
    {
        coding = null;
        if (request.Method is not ("GET" or "HEAD"))
            return true;
        coding = AcceptEncoding.Choose(request.Headers.AcceptEncoding);
        return coding is not null;
    }

    private static bool TakesCoding(HttpRequest request) => AcceptEncoding.Choose(request.Headers.AcceptEncoding) is not null;
}
