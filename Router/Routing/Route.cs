using System.Collections.Immutable;
using Router.Access;
using Router.Configuration;

namespace Router.Routing;

/// <summary>One rule of the table: how the requests that match a host, and a path if there is one, are handled. Immutable.</summary>
public sealed class Route
{
    /// <summary>
    /// The host's name in the configuration, followed by a slash and the path rule's name if there is one: <c>www</c>, <c>www/admin</c>.
    /// Used as a metric label.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>The position in <see cref="RouteTable.Routes"/>, for state that is kept outside the table.</summary>
    public required int Index { get; init; }

    /// <summary>The host patterns, as configured.</summary>
    public required string HostText { get; init; }

    /// <summary>The path patterns, as configured; null for the host's own rule.</summary>
    public string? PathText { get; init; }

    /// <summary>Whether only <c>*</c> matched the host: Router then serves its own paths itself.</summary>
    public required bool IsCatchAll { get; init; }

    /// <summary>The settings, with those that a path inherits from its host.</summary>
    public required RouteSettings Settings { get; init; }

    /// <summary>The destination of the requests; null if the rule refuses them or responds with a file.</summary>
    public BackendSettings? Backend { get; init; }

    /// <summary>The name of the file that is the response; null if there is none.</summary>
    public string? File => Settings.File;

    /// <summary>Whether the file is the response in every mode.</summary>
    public bool InEveryMode => Settings.InEveryMode;

    /// <summary>Whether these are static files.</summary>
    public bool IsStatic => Settings.Static ?? false;

    /// <summary>The page for Router's own responses on this route, a file of <c>wwwroot</c>; null for the site's.</summary>
    public string? PageTemplate => Settings.PageTemplate;

    /// <summary>The clients that are allowed; null for everyone.</summary>
    public AllowList? AllowList { get; init; }

    /// <summary>Which of its responses are compressed.</summary>
    public CompressionPolicy Compression { get; init; }

    /// <summary>The rate limits: all of them must allow a request whose method they cover.</summary>
    public ImmutableArray<RateLimitSettings> RateLimits { get; init; } = [];

    /// <summary>The maximum size of a request body, in bytes.</summary>
    public long MaxRequestBody => Settings.MaxRequestBody ?? RouteSettings.DefaultMaxRequestBody;

    /// <summary>The kind of the host's own backend: a rule without a backend responds in the style of its host.</summary>
    public required BackendKind Kind { get; init; }

    /// <summary>Whether the rule refuses every client.</summary>
    public bool Refuses => Backend is null && File is null;

    /// <summary>Whether the backend's own Basic authentication is sent.</summary>
    public bool Authenticates => Settings.Authenticate ?? true;

    /// <summary>Whether <c>http://</c> in the backend's redirects becomes <c>https://</c>.</summary>
    public bool HttpsRedirects => Settings.HttpsRedirects ?? false;

    /// <summary>The response header changes.</summary>
    public required ImmutableArray<ResponseHeaderSettings> ResponseHeaders { get; init; }

    /// <summary>The page that replaces the backend's errors, with the backend that serves it; null for none.</summary>
    public (ErrorPageSettings Page, BackendSettings Backend)? ErrorPage { get; init; }
}
