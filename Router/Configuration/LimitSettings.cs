namespace Router.Configuration;

/// <summary>What Router accepts from any client, under <c>Router:Limits</c>.</summary>
public sealed record LimitSettings
{
    /// <summary>
    /// The maximum number of open connections; null for no limit. Further connections are closed at once, also those of the health check.
    /// </summary>
    public int? MaxConnections { get; init; }

    /// <summary>The maximum number of headers in a request. Default 100.</summary>
    public required int MaxHeaderCount { get; init; }

    /// <summary>The maximum size of all headers together, in bytes. Default 32 KiB.</summary>
    public required int MaxHeaderSize { get; init; }

    /// <summary>The maximum size of the request line, in bytes. Default 8 KiB.</summary>
    public required int MaxRequestLine { get; init; }

    /// <summary>How long a client may take to send a request's headers. Default 30 s.</summary>
    public required TimeSpan HeaderTimeout { get; init; }

    /// <summary>
    /// How long a connection may stay open without a request. Default 130 s, longer than load balancers usually wait before they reuse a
    /// connection.
    /// </summary>
    public required TimeSpan KeepAliveTimeout { get; init; }

    /// <summary>
    /// How many bytes per second a client must send of a body after the first five seconds, and read of a response after
    /// <see cref="ResponseGrace"/>. Default 240; 0 for no limit.
    /// </summary>
    public required int MinDataRate { get; init; }

    /// <summary>
    /// How long a client may stop reading a response before <see cref="MinDataRate"/> applies. Default 60 s: media players pause downloads.
    /// </summary>
    public required TimeSpan ResponseGrace { get; init; }
}
