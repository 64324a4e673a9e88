using System.Collections.Immutable;

namespace Router.Headers;

/// <summary>
/// The headers that keep a browser from misusing Router's own responses. A route's <see cref="ResponseHeaderRules"/> add them to its
/// responses unless they replace or remove them. A backend's response gets none of them.
/// </summary>
public static class ProtectiveHeaders
{
    /// <summary>The headers of every response: no content sniffing, and no framing by another site.</summary>
    public static readonly ImmutableArray<KeyValuePair<string, string>> All =
    [
        new("X-Content-Type-Options", "nosniff"),
        new("X-Frame-Options", "SAMEORIGIN"),
    ];

    // The pages contain their style and load nothing else; data: is their empty icon.
    private const string PagePolicy =
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

    private const string FormPolicy =
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    // No inline script or style, nothing from other hosts. The frame is the preview of the visitors' page.
    private const string OperatorPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; frame-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    // The visitors' page without its script, in a frame of the operator's page and nowhere else.
    private const string PreviewPolicy =
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors "
        + "'self'";

    private const string ManagementPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>For a response without a route.</summary>
    public static void Add(HttpResponse response)
    {
        foreach (var (name, value) in All)
            response.Headers[name] = value;
    }

    /// <summary>
    /// For a page on a host that no route matches. On a host with routes the site sets its own policy: its template may load the site's
    /// files.
    /// </summary>
    public static void AddPagePolicy(HttpResponse response) => response.Headers.ContentSecurityPolicy = PagePolicy;

    /// <summary>For the form that accepts a token.</summary>
    public static void AddFormPolicy(HttpResponse response)
    {
        response.Headers.ContentSecurityPolicy = FormPolicy;
        response.Headers.XFrameOptions = "DENY";
        // With no-referrer a browser would send "Origin: null" with the form, as another site's page might.
        response.Headers["Referrer-Policy"] = "same-origin";
    }

    /// <summary>For every response of the management interface: no other site's page can frame it, embed it or hold its window.</summary>
    public static void AddManagementPolicy(HttpResponse response)
    {
        Add(response);
        response.Headers.XFrameOptions = "DENY";
        response.Headers.ContentSecurityPolicy = ManagementPolicy;
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
    }

    /// <summary>For the operator's page.</summary>
    public static void AddOperatorPolicy(HttpResponse response) => response.Headers.ContentSecurityPolicy = OperatorPolicy;

    /// <summary>For the preview of the visitors' page.</summary>
    public static void AddPreviewPolicy(HttpResponse response)
    {
        response.Headers.ContentSecurityPolicy = PreviewPolicy;
        response.Headers.XFrameOptions = "SAMEORIGIN";
    }
}
