using Router.Configuration;
using Router.Http;

namespace Router.Pages;

/// <summary>The form of Router's own response that suits the client.</summary>
public enum ResponseForm
{
    /// <summary>A page for people.</summary>
    Page,

    /// <summary>A problem for programs (RFC 9457).</summary>
    Problem,

    /// <summary>Plain text for a terminal.</summary>
    Text,

    /// <summary>No body: HTML instead of a stylesheet, a script or an image would break the page that requested it.</summary>
    Nothing,
}

/// <summary>Chooses the form for a request.</summary>
public static class ResponseForms
{
    private static readonly string[] AssetExtensions =
    [
        ".css",
        ".js",
        ".mjs",
        ".map",
        ".json",
        ".webmanifest",
        ".png",
        ".jpg",
        ".jpeg",
        ".gif",
        ".svg",
        ".webp",
        ".avif",
        ".ico",
        ".woff",
        ".woff2",
        ".ttf",
        ".otf",
        ".mp4",
        ".webm",
        ".mp3",
        ".wasm",
    ];

    /// <summary>
    /// The form for a request: a problem if the route is an API's; otherwise by <c>Sec-Fetch-Dest</c> (Fetch Metadata), then by
    /// <c>Accept</c>, then by the path's extension. A client that explicitly accepts anything is <c>curl</c>.
    /// </summary>
    public static ResponseForm Of(HttpRequest request, BackendKind kind)
    {
        if (kind == BackendKind.Api)
            return ResponseForm.Problem;
        var accepted = Accepted(request.Headers.Accept.ToString());
        return request.Headers["Sec-Fetch-Dest"].ToString() switch
        {
            "document" or "iframe" or "frame" or "embed" or "object" => accepted == ResponseForm.Problem
                ? ResponseForm.Problem
                : ResponseForm.Page,
            // Requested by a script: fetch or XMLHttpRequest.
            "empty" => accepted is ResponseForm.Page or ResponseForm.Text ? accepted.Value : ResponseForm.Problem,
            "" => accepted
                ?? (
                    IsAsset(request.Path.Value) ? ResponseForm.Nothing
                    : request.Headers.Accept.Count == 0 ? ResponseForm.Page
                    : ResponseForm.Text
                ),
            _ => ResponseForm.Nothing,
        };
    }

    // The type with the highest weight, the first among equals. Null if all are equally acceptable.
    private static ResponseForm? Accepted(ReadOnlySpan<char> accept)
    {
        var (best, weight) = ((ResponseForm?)null, 0.0);
        var list = new WeightedList(accept);
        // No weight exceeds 1.
        while (weight < 1 && list.MoveNext())
        {
            if (list.Weight <= weight || FormOf(list.Item) is not { } form)
                continue;
            (best, weight) = (form, list.Weight);
        }

        return best;
    }

    private static ResponseForm? FormOf(ReadOnlySpan<char> mediaRange) =>
        mediaRange switch
        {
            _ when mediaRange.Equals("text/html", StringComparison.OrdinalIgnoreCase)
                    || mediaRange.Equals("application/xhtml+xml", StringComparison.OrdinalIgnoreCase) => ResponseForm.Page,
            _ when mediaRange.EndsWith("json", StringComparison.OrdinalIgnoreCase) => ResponseForm.Problem,
            _ when mediaRange.Equals("text/plain", StringComparison.OrdinalIgnoreCase) => ResponseForm.Text,
            _ when mediaRange.Equals("text/css", StringComparison.OrdinalIgnoreCase)
                    || mediaRange.EndsWith("javascript", StringComparison.OrdinalIgnoreCase)
                    || mediaRange.StartsWith("image/", StringComparison.OrdinalIgnoreCase)
                    || mediaRange.StartsWith("font/", StringComparison.OrdinalIgnoreCase)
                    || mediaRange.StartsWith("audio/", StringComparison.OrdinalIgnoreCase)
                    || mediaRange.StartsWith("video/", StringComparison.OrdinalIgnoreCase) => ResponseForm.Nothing,
            _ => null,
        };

    private static bool IsAsset(string? path)
    {
        foreach (var extension in AssetExtensions)
        {
            if (path?.EndsWith(extension, StringComparison.OrdinalIgnoreCase) == true)
                return true;
        }

        return false;
    }
}
