using System.Collections.Immutable;
using Router.Access;
using Router.Configuration;

namespace Router.Routing;

/// <summary>One rule of the table: what becomes of the requests that a host, and a path where there is one, matches. Immutable.</summary>
public sealed class Route
{
    /// <summary>
    /// The host's name in the configuration, with the path's behind a slash: <c>www </c>, <c>www/admin </c>. Metrics carry it.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>The position in <see cref="RouteTable.Routes"/>, for state that is kept beside the table.</summary>
    public required int Index { get; init; }

    /// <summary>The host patterns, as configured.</summary>
    public required string HostText { get; init; }

    /// <summary>The path patterns, as configured; null for the rule of the host itself.</summary>
    public string? PathText { get; init; }

    /// <summary>Whether only <c>*</c> matched the host: then Router's own paths stay Router's.</summary>
    public required bool IsCatchAll { get; init; }

    /// <summary>Where the requests go; null where the rule refuses them or a file is the answer.</summary>
    public BackendSettings? Backend { get; init; }

    /// <summary>The name of the file that is the answer; null where there is none.</summary>
    public string? File { get; init; }

    /// <summary>Whether the file is the answer in every mode.</summary>
    public bool InEveryMode { get; init; }

    /// <summary>Whether these are static files.</summary>
    public bool IsStatic { get; init; }

    /// <summary>The page of Router's own answers here, a file of <c>wwwroot</c>; null for the site's.</summary>
    public string? PageTemplate { get; init; }

    /// <summary>Who may; null for everyone.</summary>
    public AllowList? AllowList { get; init; }

    /// <summary>What of its answers is compressed.</summary>
    public CompressionPolicy Compression { get; init; }

    /// <summary>How often a client may ask: all of these must allow a request whose method they cover.</summary>
    public ImmutableArray<RateLimitSettings> RateLimits { get; init; } = [];

    /// <summary>How many bytes a request's body may have.</summary>
    public required long MaxRequestBody { get; init; }

    /// <summary>What the backend of the host itself is: a rule without a backend answers in the manner of its host.</summary>
    public required BackendKind Kind { get; init; }

    /// <summary>Whether the rule lets nobody in.</summary>
    public bool Refuses => Backend is null && File is null;

    /// <summary>Whether the backend's own Basic authentication is sent.</summary>
    public required bool Authenticates { get; init; }

    /// <summary>Whether <c>http://</c> in the backend's redirects becomes <c>https://</c>.</summary>
    public required bool HttpsRedirects { get; init; }

    /// <summary>The changes to the answers' header.</summary>
    public required ImmutableArray<ResponseHeaderSettings> ResponseHeaders { get; init; }

    /// <summary>The page that takes the place of the backend's errors, with its backend; null for none.</summary>
    public (ErrorPageSettings Page, BackendSettings Backend)? ErrorPage { get; init; }
}
