using System.Collections.Concurrent;
using System.Collections.Immutable;
using Router.Configuration;

namespace Router.Forwarding;

/// <summary>
/// The upstreams by their settings. A backend whose settings stay the same over a reload keeps its upstream,
/// with its connections and its counts; one that changed gets a new one, and what is in flight ends on the old.
/// </summary>
public sealed class Upstreams(IHttpClientFactory clients, UpstreamClients registrations, TimeProvider time)
{
    private readonly ConcurrentDictionary<BackendSettings, Upstream> _all = new();

    /// <summary>The upstream of a backend, made on first use.</summary>
    public Upstream For(BackendSettings settings) => _all.GetOrAdd(settings, Create);

    private Upstream Create(BackendSettings settings)
    {
        var endpoints = settings.Addresses.All.Select(address => new Endpoint(address, settings, time)).ToImmutableArray();
        var repeats = new RepeatCounts();
        var client = clients.CreateClient(registrations.Register(settings, endpoints, repeats));
        client.Timeout = Timeout.InfiniteTimeSpan;
        return new Upstream(settings, endpoints, client, repeats, time);
    }
}
