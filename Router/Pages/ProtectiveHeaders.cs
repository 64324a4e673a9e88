namespace Router.Pages;

/// <summary>
/// The headers that keep a browser from misusing Router's own responses. They are set before a route's header rules, which replace or
/// remove them. A backend's response gets none of them.
/// </summary>
public static class ProtectiveHeaders
{
    // The pages contain their style and load nothing else; data: is their empty icon.
    private const string PagePolicy =
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

    private const string FormPolicy =
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    /// <summary>For every response: no content sniffing, and no framing by another site.</summary>
    public static void Add(HttpResponse response)
    {
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.XFrameOptions = "SAMEORIGIN";
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
}
