namespace Router.Configuration;

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
