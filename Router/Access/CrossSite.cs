namespace Router.Access;

/// <summary>
/// Detects a request that another site's page made the browser send. Browsers state where a request comes from; other clients do not.
/// </summary>
public static class CrossSite
{
    /// <summary>Whether another site's page sent the request.</summary>
    /// <param name="anyScheme">Whether http and https of the same host count as one: behind a load balancer that terminates TLS, Router
    /// does not know which of them the browser used.</param>
    public static bool Sent(HttpRequest request, bool anyScheme = false)
    {
        if (request.Headers["Sec-Fetch-Site"].ToString() is { Length: > 0 } site)
            return site is not ("same-origin" or "none");
        if (request.Headers.Origin.ToString() is not { Length: > 0 } origin)
            return false;
        var host = request.Host.Value ?? "";
        return anyScheme
            ? !IsOriginOf(origin, "http", 80, host) && !IsOriginOf(origin, "https", 443, host)
            : !IsOriginOf(origin, request.Scheme, request.IsHttps ? 443 : 80, host);
    }

    // An origin omits its scheme's default port (RFC 6454 section 6.2); Host may include it.
    private static bool IsOriginOf(string origin, string scheme, int usualPort, string host)
    {
        var port = $":{usualPort}";
        var authority = host.EndsWith(port, StringComparison.Ordinal) ? host[..^port.Length] : host;
        return origin.Equals($"{scheme}://{authority}", StringComparison.OrdinalIgnoreCase);
    }
}
