namespace Router.Configuration;

/// <summary>What Router takes from any client, under <c>Router:Limits</c>.</summary>
public sealed record LimitSettings
{
    /// <summary>
    /// How many connections may be open at once; null for as many as come. Beyond it new ones are closed at once, also those of the health
    /// check.
    /// </summary>
    public int? MaxConnections { get; init; }

    /// <summary>How many fields a request's header may have. Default 100.</summary>
    public required int MaxHeaderFields { get; init; }

    /// <summary>How many bytes all fields together may have. Default 32 KiB.</summary>
    public required int MaxHeaderSize { get; init; }

    /// <summary>How many bytes the request line may have. Default 8 KiB.</summary>
    public required int MaxRequestLine { get; init; }

    /// <summary>How long a client may take to send a request's header. Default 30 s.</summary>
    public required TimeSpan HeaderTimeout { get; init; }

    /// <summary>
    /// How long a connection may stay open without a request. Default 130 s, longer than the usual load balancer waits before it uses one
    /// again.
    /// </summary>
    public required TimeSpan KeepAliveTimeout { get; init; }

    /// <summary>
    /// How many bytes a second a client must send of a body once five seconds have passed, and take of a response once
    /// <see cref="ResponseGrace"/> has passed. Default 240; 0 for no limit.
    /// </summary>
    public required int MinDataRate { get; init; }

    /// <summary>
    /// How long a client may stop reading a response before <see cref="MinDataRate"/> applies. Default 60 s: media players pause downloads.
    /// </summary>
    public required TimeSpan ResponseGrace { get; init; }
}
