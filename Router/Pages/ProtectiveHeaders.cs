namespace Router.Pages;

/// <summary>
/// The headers that keep a browser from misusing Router's own responses. They are set before a route's header rules, which replace or
/// remove them. A backend's response gets none of them.
/// </summary>
public static class ProtectiveHeaders
{
    // The pages have their style in them and load nothing else; data: is their empty icon.
    private const string PagePolicy =
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

    private const string FormPolicy =
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    /// <summary>For every response: no guessing of its type, and no frame on another site.</summary>
    public static void Add(HttpResponse response)
    {
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.XFrameOptions = "SAMEORIGIN";
    }

    /// <summary>
    /// For a page on a host that no route has. On a host with routes the policy is the site's own: its template may load the site's files.
    /// </summary>
    public static void AddPagePolicy(HttpResponse response) => response.Headers.ContentSecurityPolicy = PagePolicy;

    /// <summary>For the form that takes a token.</summary>
    public static void AddFormPolicy(HttpResponse response)
    {
        response.Headers.ContentSecurityPolicy = FormPolicy;
        response.Headers.XFrameOptions = "DENY";
        // With no-referrer a browser would send "Origin: null" with the form, as another site's page might.
        response.Headers["Referrer-Policy"] = "same-origin";
    }
}
