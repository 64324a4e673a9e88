using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;
using Router.Configuration;

namespace Router.Forwarding;

/// <summary>
/// The upstreams by their settings. A backend whose settings stay the same over a reload keeps its upstream,
/// with its connections and its counts; one that changed gets a new one, and what is in flight ends on the old.
/// </summary>
public sealed class Upstreams(IHttpClientFactory clients, UpstreamClients registrations)
{
    private readonly ConcurrentDictionary<BackendSettings, Upstream> _all = new();

    /// <summary>The upstream of a backend, made on first use.</summary>
    public Upstream For(BackendSettings settings) => _all.GetOrAdd(settings, Create);

    private Upstream Create(BackendSettings settings)
    {
        var client = clients.CreateClient(registrations.Register(settings));
        client.Timeout = Timeout.InfiniteTimeSpan;
        return new Upstream(settings, client);
    }
}

/// <summary>Tells the client factory how the client of each backend is made.</summary>
public sealed class UpstreamClients : IConfigureNamedOptions<HttpClientFactoryOptions>
{
    private readonly ConcurrentDictionary<string, BackendSettings> _settings = new();
    private int _count;

    /// <summary>Names a client for these settings. The number keeps apart what a backend was before and after a reload.</summary>
    public string Register(BackendSettings settings)
    {
        var name = $"{settings.Name}#{Interlocked.Increment(ref _count)}";
        _settings[name] = settings;
        return name;
    }

    /// <inheritdoc/>
    public void Configure(HttpClientFactoryOptions options) => Configure(Options.DefaultName, options);

    /// <inheritdoc/>
    public void Configure(string? name, HttpClientFactoryOptions options)
    {
        if (name is null || !_settings.TryGetValue(name, out var settings))
            return;
        // The handler keeps its own connections fresh; rotating it as the factory does would only cut good ones off.
        options.HandlerLifetime = Timeout.InfiniteTimeSpan;
        options.HttpMessageHandlerBuilderActions.Add(builder => builder.PrimaryHandler = Handler(settings));
    }

    private static SocketsHttpHandler Handler(BackendSettings settings) => new()
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        UseProxy = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = settings.ConnectTimeout,
        EnableMultipleHttp2Connections = true,
        // Field values are octets (RFC 9110 section 5.5): Latin-1 carries each of them through unchanged.
        RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1,
        ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1,
    };
}
