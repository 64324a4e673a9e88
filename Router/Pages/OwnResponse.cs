namespace Router.Pages;

/// <summary>One of the answers that Router makes itself. Its words, by the slug, stand in the files of <c>wwwroot/languages</c>.</summary>
/// <param name="Status">The status code (RFC 9110 section 15).</param>
/// <param name="Slug">A stable name for programs, the last part of the problem's type (RFC 9457 section 3.1.1).</param>
public sealed record OwnResponse(int Status, string Slug)
{
    /// <summary>The request breaks HTTP's rules or can be read in two ways.</summary>
    public static OwnResponse BadRequest { get; } = new(400, "bad-request");

    /// <summary>An address rule keeps the client out.</summary>
    public static OwnResponse Forbidden { get; } = new(403, "forbidden");

    /// <summary>No route has the host.</summary>
    public static OwnResponse NotFound { get; } = new(404, "not-found");

    /// <summary>The body came too slowly.</summary>
    public static OwnResponse TooSlow { get; } = new(408, "too-slow");

    /// <summary>The body is longer than the route allows.</summary>
    public static OwnResponse TooLarge { get; } = new(413, "too-large");

    /// <summary>The client has asked more often than a rate limit allows.</summary>
    public static OwnResponse TooMany { get; } = new(429, "too-many");

    /// <summary>The header is larger than the limit (RFC 6585 section 5).</summary>
    public static OwnResponse HeaderTooLarge { get; } = new(431, "header-too-large");

    /// <summary>Router itself failed.</summary>
    public static OwnResponse InternalError { get; } = new(500, "internal-error");

    /// <summary>The backend could not be reached, or what it said is no answer.</summary>
    public static OwnResponse BadGateway { get; } = new(502, "bad-gateway");

    /// <summary>The mode closes the backend.</summary>
    public static OwnResponse Closed { get; } = new(503, "closed");

    /// <summary>The backend has more to do than it can, or could not be reached several times.</summary>
    public static OwnResponse Busy { get; } = new(503, "busy");

    /// <summary>The site was closed, and the time was over that what was in flight had.</summary>
    public static OwnResponse Cut { get; } = new(503, "cut");

    /// <summary>The backend took too long.</summary>
    public static OwnResponse GatewayTimeout { get; } = new(504, "gateway-timeout");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<OwnResponse> All { get; } =
    [
        BadRequest,
        Forbidden,
        NotFound,
        TooSlow,
        TooLarge,
        TooMany,
        HeaderTooLarge,
        InternalError,
        BadGateway,
        Closed,
        Busy,
        Cut,
        GatewayTimeout,
    ];
}
