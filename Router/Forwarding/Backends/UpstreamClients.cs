using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;
using Router.Configuration;
using Router.Forwarding.Http1;
using Router.Forwarding.Http2;

namespace Router.Forwarding.Backends;

/// <summary>Tells the client factory how the client of each backend is made.</summary>
public sealed class UpstreamClients : IConfigureNamedOptions<HttpClientFactoryOptions>
{
    private readonly ConcurrentDictionary<string, (BackendSettings Settings, ImmutableArray<Endpoint> Endpoints, RepeatCounts Repeats)> _registered = new();
    private int _count;

    /// <summary>Names a client for a backend. The number keeps apart what a backend was before and after a reload.</summary>
    public string Register(BackendSettings settings, ImmutableArray<Endpoint> endpoints, RepeatCounts repeats)
    {
        var name = $"{settings.Name}#{Interlocked.Increment(ref _count)}";
        _registered[name] = (settings, endpoints, repeats);
        return name;
    }

    /// <inheritdoc/>
    public void Configure(HttpClientFactoryOptions options) => Configure(Options.DefaultName, options);

    /// <inheritdoc/>
    public void Configure(string? name, HttpClientFactoryOptions options)
    {
        if (name is null || !_registered.TryGetValue(name, out var backend))
            return;
        // The handlers keep their own connections fresh; rotating them as the factory does would only cut good ones off.
        options.HandlerLifetime = Timeout.InfiniteTimeSpan;
        options.HttpMessageHandlerBuilderActions.Add(builder =>
        {
            builder.PrimaryHandler = backend.Settings.Http2 ? new Http2Handler(backend.Endpoints) : new Http1Handler(backend.Endpoints);
            builder.AdditionalHandlers.Add(new RetryHandler(backend.Endpoints.Length > 1, fault => backend.Repeats.Count(fault.Failure)));
        });
    }
}
