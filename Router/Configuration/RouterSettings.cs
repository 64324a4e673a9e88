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
}

/// <summary>The role of a backend in the site: the modes open and close backends by their kind.</summary>
public enum BackendKind
{
    /// <summary>Pages for people. Closed in recovery and in maintenance.</summary>
    Frontend,

    /// <summary>An interface for programs. Closed in maintenance only.</summary>
    Api,
}

/// <summary>
/// One application behind Router. Two with equal settings are the same backend, and keep their connections over a reload.
/// </summary>
public sealed record BackendSettings
{
    /// <summary>The name under <c>Router:Backends</c>; metrics and logs refer to it.</summary>
    public required string Name { get; init; }

    public required BackendKind Kind { get; init; }

    /// <summary>The application's addresses: one, or several that serve the same content.</summary>
    public required BackendAddresses Addresses { get; init; }

    /// <summary>Whether requests are sent to it over HTTP/2. Default: HTTP/1.1.</summary>
    public required bool Http2 { get; init; }

    /// <summary>A PEM file of certificate authorities to trust instead of the system's; null for the system's.</summary>
    public AuthorityFile? CertificateAuthorities { get; init; }

    /// <summary>The client certificate for a backend that requests one; null if there is none.</summary>
    public ClientCertificateFiles? ClientCertificate { get; init; }

    /// <summary>
    /// Base64 of <c>user:password</c> that replaces the client's <c>Authorization</c> (RFC 7617); null leaves the client's.
    /// </summary>
    public string? BasicAuthentication
    {
        get;
        init
        {
            field = value;
            Authorization = value is null ? null : $"Basic {value}";
        }
    }

    /// <summary>The equivalent <c>Authorization</c> header value (RFC 7617 section 2); null if there is none.</summary>
    public string? Authorization { get; private init; }

    /// <summary>
    /// How long it may take to connect to one IP address, including TLS; delay on Router's own side does not count. Default 1 s.
    /// </summary>
    public required TimeSpan ConnectTimeout { get; init; }

    /// <summary>How long the backend may take to start its response after it has received the whole request. Default 60 s.</summary>
    public required TimeSpan ResponseTimeout { get; init; }

    /// <summary>
    /// How long the application may continue to work on a request whose connection is gone: until then a write of unknown outcome may still
    /// be executed. Default: <see cref="ResponseTimeout"/>, the longest time that a request may take and still get its response.
    /// </summary>
    public required TimeSpan WriteSettleTime { get; init; }

    /// <summary>How long a request or response body may pause. Default 60 s; null for no limit.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>How long the whole request may take. Default null: no limit.</summary>
    public TimeSpan? RequestTimeout { get; init; }

    /// <summary>How old a resolved name may be before it is resolved again. Default 10 s.</summary>
    public required TimeSpan DnsRefresh { get; init; }

    /// <summary>How many consecutive failures to connect open the circuit breaker of an IP address. Default 5.</summary>
    public required int BreakerFailures { get; init; }

    /// <summary>
    /// The longest time between two background attempts to connect to an IP address whose circuit breaker is open. Default 500 ms.
    /// </summary>
    public required TimeSpan BreakerDuration { get; init; }

    /// <summary>How many requests may be in flight to the backend at once. Default 4096.</summary>
    public required int MaxConcurrentRequests { get; init; }

    /// <summary>How many more requests may wait for a permit. Default 1024.</summary>
    public required int MaxQueuedRequests { get; init; }

    /// <summary>How long a request may wait for a permit. Default 5 s.</summary>
    public required TimeSpan QueueTimeout { get; init; }

    /// <summary>A path that is probed at intervals to check whether an address works; null for none.</summary>
    public string? ProbePath { get; init; }

    /// <summary>The interval of <see cref="ProbePath"/>. Default 5 s.</summary>
    public required TimeSpan ProbeInterval { get; init; }
}

/// <summary>A named list of address ranges.</summary>
/// <param name="Name">The name under <c>Router:AllowLists</c>.</param>
/// <param name="Ranges">The ranges; never empty in a valid configuration.</param>
public sealed record AllowListSettings(string Name, ImmutableArray<IPNetwork> Ranges);

/// <summary>One host, or a family of hosts, and the rules of its paths.</summary>
public sealed record HostSettings
{
    /// <summary>The name under <c>Router:Hosts</c>; metrics and logs refer to it.</summary>
    public required string Name { get; init; }

    /// <summary>Where it is in the configuration, for validation errors.</summary>
    public required ConfigurationLocation Source { get; init; }

    /// <summary>The host patterns, as written.</summary>
    public required ImmutableArray<string> Match { get; init; }

    /// <summary>The rule for every path that no path rule overrides.</summary>
    public required RuleSettings Rule { get; init; }

    /// <summary>The rules for single paths.</summary>
    public required ImmutableArray<PathSettings> Paths { get; init; }
}

/// <summary>One path rule of a host; values it omits are inherited from the host.</summary>
/// <param name="Name">The name under <c>Paths</c>.</param>
/// <param name="Source">Where it is in the configuration, for validation errors.</param>
/// <param name="Match">The path patterns, as written.</param>
/// <param name="Rule">The rule.</param>
public sealed record PathSettings(string Name, ConfigurationLocation Source, ImmutableArray<string> Match, RuleSettings Rule);

/// <summary>The changes to the headers of every forwarded request.</summary>
/// <param name="Remove">Headers that no backend receives.</param>
/// <param name="ForwardedProto">The fixed value of <c>X-Forwarded-Proto</c>; null for the scheme that the client used.</param>
/// <param name="SamplingTrust">The allow list of clients that may request tracing (<c>X-B3-Sampled</c>, <c>X-B3-Flags</c>); for all others
/// Router decides by the trace id. Null leaves both headers unchanged.</param>
public sealed record RequestHeaderSettings(ImmutableArray<string> Remove, string? ForwardedProto, string? SamplingTrust);

/// <summary>A named change to response headers, including those of Router's own responses.</summary>
/// <param name="Name">The name under <c>Router:ResponseHeaders</c>.</param>
/// <param name="Source">Where it is in the configuration, for validation errors.</param>
/// <param name="Remove">Headers of the backend that are removed, whatever the status.</param>
/// <param name="Add">Headers that are added to the backend's; <c>{sibling:x}</c> in a value is the request's host with <c>x</c> as its
/// first label.</param>
/// <param name="OnStatus">The status codes for which they are added; empty for all.</param>
public sealed record ResponseHeaderSettings(
    string Name,
    ConfigurationLocation Source,
    ImmutableArray<string> Remove,
    ImmutableArray<KeyValuePair<string, string>> Add,
    ImmutableArray<int> OnStatus
);

/// <summary>A named page that replaces a backend's errors; the status is unchanged.</summary>
/// <param name="Name">The name under <c>Router:ErrorPages</c>.</param>
/// <param name="Source">Where it is in the configuration, for validation errors.</param>
/// <param name="OnStatus">The status codes.</param>
/// <param name="Backend">The backend that serves the page.</param>
/// <param name="Path">The page's path there.</param>
public sealed record ErrorPageSettings(
    string Name,
    ConfigurationLocation Source,
    ImmutableArray<int> OnStatus,
    string Backend,
    string Path
);
