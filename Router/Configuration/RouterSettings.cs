using System.Collections.Immutable;
using System.Net;

namespace Router.Configuration;

/// <summary>The whole section <c>Router</c> of the configuration, read and validated value by value.</summary>
public sealed record RouterSettings
{
    /// <summary>The name of the mode at startup. Default <c>live</c>.</summary>
    public required string Mode { get; init; }

    /// <summary>The running release, as shown by health check and metrics, such as <c>release-18</c>; null if not configured.</summary>
    public string? Release { get; init; }

    /// <summary>This instance's name in the fleet. Default: the machine's name.</summary>
    public required string Instance { get; init; }

    /// <summary>The stage, such as <c>preview</c>; null if not configured.</summary>
    public string? Stage { get; init; }

    /// <summary>This application's name. Default <c>router</c>.</summary>
    public required string ApplicationName { get; init; }

    /// <summary>Whether each request gets a line in the access log. Default: it does.</summary>
    public required bool AccessLog { get; init; }

    /// <summary>
    /// Who may read the status and the metrics on the site's port: <see cref="RuleSettings.Everyone"/>, an allow list's name, or
    /// <see cref="RuleSettings.None"/>.
    /// </summary>
    public required string StatusAccess { get; init; }

    /// <summary>The limits for any client. Read at startup; a change needs a restart.</summary>
    public required LimitSettings Limits { get; init; }

    /// <summary>Where the mode is stored. Read at startup; a change needs a restart.</summary>
    public required ModeStoreSettings ModeStore { get; init; }

    /// <summary>How requests wait in a mode that holds. Read at startup; a change needs a restart.</summary>
    public required HoldSettings Hold { get; init; }

    /// <summary>The management listener. Read at startup; a change needs a restart.</summary>
    public required ManagementSettings Management { get; init; }

    /// <summary>
    /// How long after the frontends were closed requests for their static files are still forwarded; zero for not at all. Default 60 s.
    /// </summary>
    public required TimeSpan AssetGrace { get; init; }

    /// <summary>The domain of the bypass cookie, such as <c>example.org</c>; null for the issuing host alone.</summary>
    public string? BypassCookieDomain { get; init; }

    /// <summary>The content and appearance of Router's own responses.</summary>
    public required PagesSettings Pages { get; init; }

    /// <summary>The backends by name.</summary>
    public required ImmutableArray<BackendSettings> Backends { get; init; }

    /// <summary>The proxies whose <c>X-Forwarded-*</c> headers are trusted.</summary>
    public required ImmutableArray<IPNetwork> TrustedProxies { get; init; }

    /// <summary>Named lists of further trusted proxies, read from elsewhere.</summary>
    public required ImmutableArray<TrustedProxyListSettings> TrustedProxyLists { get; init; }

    /// <summary>The changes to the headers of every forwarded request.</summary>
    public required RequestHeaderSettings RequestHeaders { get; init; }

    /// <summary>Named changes to response headers.</summary>
    public required ImmutableArray<ResponseHeaderSettings> ResponseHeaders { get; init; }

    /// <summary>Named pages that replace a backend's errors.</summary>
    public required ImmutableArray<ErrorPageSettings> ErrorPages { get; init; }

    /// <summary>Whether the rate limits apply. Default: they do.</summary>
    public required bool RateLimiting { get; init; }

    /// <summary>Named rate limits per client.</summary>
    public required ImmutableArray<RateLimitSettings> RateLimits { get; init; }

    /// <summary>What is compressed unless a route says otherwise. Default: what cannot contain a secret.</summary>
    public required CompressionPolicy Compression { get; init; }

    /// <summary>Named lists of client addresses.</summary>
    public required ImmutableArray<AllowListSettings> AllowLists { get; init; }

    /// <summary>The routed hosts, each with its paths.</summary>
    public required ImmutableArray<HostSettings> Hosts { get; init; }

    /// <summary>The allow list with a name; null if there is none.</summary>
    public AllowListSettings? FindAllowList(string? name) =>
        AllowLists.FirstOrDefault(list => list.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
