using System.Collections.Immutable;
using System.Net;

namespace Router.Configuration;

/// <summary>Everything that section <c>Router</c> of the configuration says, read and checked value by value.</summary>
public sealed record RouterSettings
{
    /// <summary>The name of the mode at start. Default <c>live</c>.</summary>
    public required string Mode { get; init; }

    /// <summary>The release that runs, as health check and metrics show it, such as <c>release-18</c>; null when nobody said.</summary>
    public string? Release { get; init; }

    /// <summary>This instance's name among its siblings. Default: the machine's name.</summary>
    public required string Instance { get; init; }

    /// <summary>The stage, such as <c>preview</c>; null when nobody said.</summary>
    public string? Stage { get; init; }

    /// <summary>This application's name. Default <c>router</c>.</summary>
    public required string ApplicationName { get; init; }

    /// <summary>Whether each request gets a line in the access log. Default: it does.</summary>
    public required bool AccessLog { get; init; }

    /// <summary>What any client may ask of Router. Read at start; a change needs a restart.</summary>
    public required LimitSettings Limits { get; init; }

    /// <summary>Where the mode lives. Read at start; a change needs a restart.</summary>
    public required ModeStoreSettings ModeStore { get; init; }

    /// <summary>The listener for operators. Read at start; a change needs a restart.</summary>
    public required ManagementSettings Management { get; init; }

    /// <summary>How long after the frontends were closed static files of theirs still pass; zero for not at all. Default 60 s.</summary>
    public required TimeSpan AssetGrace { get; init; }

    /// <summary>The domain that a tester's cookie is for, such as <c>example.org</c>; null for the host alone that gave it.</summary>
    public string? BypassCookieDomain { get; init; }

    /// <summary>What Router's own answers say and look like.</summary>
    public required PagesSettings Pages { get; init; }

    /// <summary>The backends by name.</summary>
    public required ImmutableArray<BackendSettings> Backends { get; init; }

    /// <summary>The proxies whose <c>X-Forwarded-*</c> fields are believed.</summary>
    public required ImmutableArray<IPNetwork> TrustedProxies { get; init; }

    /// <summary>Named lists of further such proxies, read from elsewhere.</summary>
    public required ImmutableArray<TrustedProxyListSettings> TrustedProxyLists { get; init; }

    /// <summary>What is changed in the header of every request that is forwarded.</summary>
    public required RequestHeaderSettings RequestHeaders { get; init; }

    /// <summary>Named changes to the header of answers.</summary>
    public required ImmutableArray<ResponseHeaderSettings> ResponseHeaders { get; init; }

    /// <summary>Named pages that take the place of a backend's errors.</summary>
    public required ImmutableArray<ErrorPageSettings> ErrorPages { get; init; }

    /// <summary>Whether the rate limits hold. Default: they do.</summary>
    public required bool RateLimiting { get; init; }

    /// <summary>Named limits of how often one client may ask.</summary>
    public required ImmutableArray<RateLimitSettings> RateLimits { get; init; }

    /// <summary>What is compressed where no route says otherwise. Default: what can hold no secret.</summary>
    public required CompressionPolicy Compression { get; init; }

    /// <summary>Named lists of client addresses.</summary>
    public required ImmutableArray<AllowListSettings> AllowLists { get; init; }

    /// <summary>The hosts that are routed, each with its paths.</summary>
    public required ImmutableArray<HostSettings> Hosts { get; init; }
}

/// <summary>What a backend is to the site: the modes open and close backends by their kind.</summary>
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
    /// <summary>The name under <c>Router:Backends</c>; metrics and logs carry it.</summary>
    public required string Name { get; init; }

    /// <summary>Frontend or API.</summary>
    public required BackendKind Kind { get; init; }

    /// <summary>Where the application is reached: one address, or several that serve the same.</summary>
    public required BackendAddresses Addresses { get; init; }

    /// <summary>Whether requests go to it over HTTP/2. Default: HTTP/1.1.</summary>
    public required bool Http2 { get; init; }

    /// <summary>A PEM file of certificate authorities to trust in place of the system's; null for the system's.</summary>
    public AuthorityFile? CertificateAuthorities { get; init; }

    /// <summary>The certificate that is shown to a backend that asks for one; null where there is none.</summary>
    public ClientCertificateFiles? ClientCertificate { get; init; }

    /// <summary>
    /// Base64 of <c>user:password </c> that replaces the client's <c>Authorization </c> (RFC 7617); null leaves the client's.
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

    /// <summary>The value of the <c>Authorization</c> field that says the same (RFC 7617 section 2); null where there is none.</summary>
    public string? Authorization { get; private init; }

    /// <summary>
    /// How long a connection to one IP address may take to be made, TLS included; delay on Router's own side does not count. Default 1 s.
    /// </summary>
    public required TimeSpan ConnectTimeout { get; init; }

    /// <summary>How long the backend may take until its answer begins, once it has the whole request. Default 60 s.</summary>
    public required TimeSpan ResponseTimeout { get; init; }

    /// <summary>
    /// How long the application may go on working on a request whose connection is gone: until then a write of unknown outcome may still be
    /// carried out. Default: <see cref="ResponseTimeout"/>, the longest that a request may take which is still to be answered.
    /// </summary>
    public required TimeSpan WriteSettleTime { get; init; }

    /// <summary>How long a body may pause, the request's or the answer's. Default 60 s; null for ever.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>How long the whole request may take. Default null: for ever.</summary>
    public TimeSpan? RequestTimeout { get; init; }

    /// <summary>How old a looked-up name may be before it is looked up again. Default 10 s.</summary>
    public required TimeSpan DnsRefresh { get; init; }

    /// <summary>How many consecutive failures to connect open the circuit breaker of an IP address. Default 5.</summary>
    public required int BreakerFailures { get; init; }

    /// <summary>
    /// The longest time between two background attempts to connect to an IP address whose circuit breaker is open. Default 500 ms.
    /// </summary>
    public required TimeSpan BreakerDuration { get; init; }

    /// <summary>How many requests may be with the backend at once. Default 4096.</summary>
    public required int MaxConcurrentRequests { get; init; }

    /// <summary>How many more may wait for a place. Default 1024.</summary>
    public required int MaxQueuedRequests { get; init; }

    /// <summary>How long one may wait for a place. Default 5 s.</summary>
    public required TimeSpan QueueTimeout { get; init; }

    /// <summary>A path that is asked for at intervals to see whether an address works; null where none is.</summary>
    public string? ProbePath { get; init; }

    /// <summary>The interval of <see cref="ProbePath"/>. Default 5 s.</summary>
    public required TimeSpan ProbeInterval { get; init; }
}

/// <summary>A named list of address ranges.</summary>
/// <param name="Name">The name under <c>Router:AllowLists</c>.</param>
/// <param name="Ranges">The ranges; never empty in a valid configuration.</param>
public sealed record AllowListSettings(string Name, ImmutableArray<IPNetwork> Ranges);

/// <summary>One host, or a family of hosts, and what its paths do.</summary>
public sealed record HostSettings
{
    /// <summary>The name under <c>Router:Hosts</c>; metrics and logs carry it.</summary>
    public required string Name { get; init; }

    /// <summary>Where it stands in the configuration, for faults.</summary>
    public required ConfigurationReader Source { get; init; }

    /// <summary>The host patterns, as written.</summary>
    public required ImmutableArray<string> Match { get; init; }

    /// <summary>What holds for every path that no rule of its own says otherwise.</summary>
    public required RuleSettings Rule { get; init; }

    /// <summary>The rules for single paths.</summary>
    public required ImmutableArray<PathSettings> Paths { get; init; }
}

/// <summary>One path rule of a host; what it leaves out holds as the host says it.</summary>
/// <param name="Name">The name under <c>Paths</c>.</param>
/// <param name="Source">Where it stands in the configuration, for faults.</param>
/// <param name="Match">The path patterns, as written.</param>
/// <param name="Rule">The rule.</param>
public sealed record PathSettings(string Name, ConfigurationReader Source, ImmutableArray<string> Match, RuleSettings Rule);

/// <summary>What becomes of the requests that a host or a path rule matches. What is null holds as the host says it.</summary>
public sealed record RuleSettings
{
    /// <summary>What is compressed.</summary>
    public CompressionPolicy? Compression { get; init; }

    /// <summary>The names of the rate limits, or <see cref="None"/>; empty where the host's hold.</summary>
    public ImmutableArray<string> RateLimits { get; init; } = [];

    /// <summary>The word that stands for no allow list at all.</summary>
    public const string Everyone = "everyone";

    /// <summary>The word that takes away what the host says.</summary>
    public const string None = "none";

    /// <summary>The bytes that a request's body may have where nothing else is said.</summary>
    public const long DefaultMaxRequestBody = 40L << 20;

    /// <summary>The backend's name.</summary>
    public string? Backend { get; init; }

    /// <summary>The allow list's name, or <see cref="Everyone"/>.</summary>
    public string? AllowList { get; init; }

    /// <summary>Whether it is closed to everyone, in every mode: 403.</summary>
    public bool Refuse { get; init; }

    /// <summary>Whether these are static files, which pages that were served while the site was open still need for a moment.</summary>
    public bool? Static { get; init; }

    /// <summary>The page of Router's own answers, a file of <c>wwwroot</c>; null where the site's holds.</summary>
    public string? PageTemplate { get; init; }

    /// <summary>A file of <c>wwwroot</c> that is the answer, in place of a backend.</summary>
    public string? File { get; init; }

    /// <summary>Whether the file is the answer in every mode.</summary>
    public bool InEveryMode { get; init; }

    /// <summary>How many bytes a request's body may have; 40 MiB by default.</summary>
    public long? MaxRequestBody { get; init; }

    /// <summary>Whether the backend's own Basic authentication is sent; it is by default.</summary>
    public bool? Authenticate { get; init; }

    /// <summary>Whether <c>http://</c> in the backend's redirects becomes <c>https://</c>; it does not by default.</summary>
    public bool? HttpsRedirects { get; init; }

    /// <summary>The names of the changes to the answers' header.</summary>
    public ImmutableArray<string> ResponseHeaders { get; init; }

    /// <summary>The name of the page for the backend's errors, or <see cref="None"/>.</summary>
    public string? ErrorPage { get; init; }
}

/// <summary>What is changed in the header of every request that is forwarded.</summary>
/// <param name="Remove">Fields that no backend gets.</param>
/// <param name="ForwardedProto">What <c>X-Forwarded-Proto</c> always says; null for what the client used.</param>
/// <param name="SamplingTrust">
/// The allow list of those who may ask for their request to be traced (<c>X-B3-Sampled</c>, <c>X-B3-Flags</c>);
/// for all others Router decides by the trace id. Null leaves both fields as they come.
/// </param>
public sealed record RequestHeaderSettings(ImmutableArray<string> Remove, string? ForwardedProto, string? SamplingTrust);

/// <summary>A named change to the header of answers, those of Router's own included.</summary>
/// <param name="Name">The name under <c>Router:ResponseHeaders</c>.</param>
/// <param name="Source">Where it stands in the configuration, for faults.</param>
/// <param name="Remove">Fields of the backend that are dropped, whatever the status.</param>
/// <param name="Add">Fields that are added beside the backend's; <c>{sibling:x} </c> in a value is the request's host with <c>x </c> as its
/// first label.</param>
/// <param name="OnStatus">The status codes for which they are added; empty for all.</param>
public sealed record ResponseHeaderSettings(
    string Name,
    ConfigurationReader Source,
    ImmutableArray<string> Remove,
    ImmutableArray<KeyValuePair<string, string>> Add,
    ImmutableArray<int> OnStatus
);

/// <summary>A named page that takes the place of a backend's errors; the status stays.</summary>
/// <param name="Name">The name under <c>Router:ErrorPages</c>.</param>
/// <param name="Source">Where it stands in the configuration, for faults.</param>
/// <param name="OnStatus">The status codes.</param>
/// <param name="Backend">The backend that has the page.</param>
/// <param name="Path">The page's path there.</param>
public sealed record ErrorPageSettings(string Name, ConfigurationReader Source, ImmutableArray<int> OnStatus, string Backend, string Path);
