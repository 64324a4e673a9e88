namespace Router.Pages;

/// <summary>
/// One of the responses that Router generates itself. Its texts are in the files of <c>wwwroot/languages</c>, under its slug.
/// </summary>
/// <param name="Status">The status code (RFC 9110 section 15).</param>
/// <param name="Slug">A stable name for programs, the last part of the problem's type (RFC 9457 section 3.1.1).</param>
public sealed record OwnResponse(int Status, string Slug)
{
    /// <summary>The request violates HTTP or is ambiguous.</summary>
    public static OwnResponse BadRequest { get; } = new(400, "bad-request");

    /// <summary>An address rule excludes the client.</summary>
    public static OwnResponse Forbidden { get; } = new(403, "forbidden");

    /// <summary>No route matches the host.</summary>
    public static OwnResponse NotFound { get; } = new(404, "not-found");

    /// <summary>The request body arrived too slowly.</summary>
    public static OwnResponse TooSlow { get; } = new(408, "too-slow");

    /// <summary>The request body exceeds the route's limit.</summary>
    public static OwnResponse TooLarge { get; } = new(413, "too-large");

    /// <summary>The client exceeded a rate limit.</summary>
    public static OwnResponse TooMany { get; } = new(429, "too-many");

    /// <summary>The header section exceeds the limit (RFC 6585 section 5).</summary>
    public static OwnResponse HeaderTooLarge { get; } = new(431, "header-too-large");

    /// <summary>Router itself failed.</summary>
    public static OwnResponse InternalError { get; } = new(500, "internal-error");

    /// <summary>The backend could not be reached, or its response was invalid.</summary>
    public static OwnResponse BadGateway { get; } = new(502, "bad-gateway");

    /// <summary>The mode closes the backend.</summary>
    public static OwnResponse Closed { get; } = new(503, "closed");

    /// <summary>The backend is overloaded, or could not be reached several times.</summary>
    public static OwnResponse Busy { get; } = new(503, "busy");

    /// <summary>The site was closed, and the drain limit for requests in flight has passed.</summary>
    public static OwnResponse Cut { get; } = new(503, "cut");

    /// <summary>The backend took too long.</summary>
    public static OwnResponse GatewayTimeout { get; } = new(504, "gateway-timeout");
}
