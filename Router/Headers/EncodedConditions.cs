using Microsoft.Extensions.Primitives;
using Router.Http;

namespace Router.Headers;

/// <summary>
/// The conditions of a request on a route that compresses (RFC 9110 section 13). To the backend the tags of compressed responses are its
/// own again, and ranges, which are always of its own bytes, are asked for only where the client can't hold compressed ones.
/// </summary>
public static class EncodedConditions
{
    /// <summary>What the backend gets of <c>If-Match</c>.</summary>
    public static StringValues IfMatch(StringValues tags) => EncodedTags.Restore(tags, coding: null);

    /// <summary>What the backend gets of <c>If-None-Match</c>.</summary>
    /// <param name="request">The request.</param>
    /// <param name="tags">The field's values.</param>
    public static StringValues IfNoneMatch(HttpRequest request, StringValues tags) =>
        EncodedTags.IsIn(tags) && TryGetCoding(request, out var coding) ? EncodedTags.Restore(tags, coding) : tags;

    /// <summary>The client's own tag for the version that a backend's 304 names; null where Router did not restore it.</summary>
    public static string? TagFor304(HttpRequest request, string tag) =>
        EncodedTags.IsIn(request.Headers.IfNoneMatch) && TryGetCoding(request, out var coding) && coding is not null
            ? EncodedTags.AsSent(tag, request.Headers.IfNoneMatch, coding)
            : null;

    /// <summary>
    /// Whether the backend must not see <c>Range </c> (a server may ignore it, RFC 9110 section 14.2): where the condition for the range
    /// may hold for compressed bytes too, a part of the plain ones would be joined to them.
    /// </summary>
    public static bool IgnoreRange(HttpRequest request)
    {
        var headers = request.Headers;
        if (EncodedTags.IsIn(headers.IfMatch) || EncodedTags.IsIn(headers.IfNoneMatch))
            return true;
        if (headers.IfRange.Count > 0)
        {
            // No weak tag is good for a range (RFC 9110 section 13.1.5), but there are backends that compare letter by letter.
            var condition = headers.IfRange.ToString();
            return !EncodedTags.IsStrong(condition) && (condition.Contains('"', StringComparison.Ordinal) || TakesCoding(request));
        }

        return headers.IfUnmodifiedSince.Count > 0 && TakesCoding(request);
    }

    // A response to GET is chosen by Accept-Encoding: a tag of another coding is not the tag of what the client would get now, and a cache
    // that was told so by a 304 would give compressed bytes to a client that can't read them. Other methods mean the resource.
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
