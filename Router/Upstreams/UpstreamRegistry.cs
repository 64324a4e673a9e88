using System.Collections.Concurrent;
using System.Collections.Immutable;
using Router.Configuration;

namespace Router.Upstreams;

/// <summary>
/// The upstreams by their settings. A backend whose settings do not change on reload keeps its upstream with its connections and counts. A
/// changed backend gets a new upstream, and its requests in flight complete on the old one.
/// </summary>
public sealed class UpstreamRegistry(TimeProvider time)
{
    private readonly ConcurrentDictionary<BackendSettings, Upstream> _all = new();
    private readonly HashSet<Upstream> _retired = [];
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, LastWrite> _lastWrites = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, BackendTotals> _totals = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The upstream of a backend, created on first use.</summary>
    public Upstream For(BackendSettings settings)
    {
        lock (_lock)
        {
            var upstream = _all.GetOrAdd(settings, Create);
            if (_retired.Remove(upstream))
                upstream.Revive();
            return upstream;
        }
    }

    /// <summary>All upstreams that are used or still have requests in flight.</summary>
    public IEnumerable<Upstream> All => _all.Values;

    /// <summary>A backend's number of requests in flight, including those that started before its configuration changed.</summary>
    public int InFlight(string backend) => _all.Values.Where(upstream => IsOf(upstream, backend)).Sum(upstream => upstream.InFlight);

    /// <summary>A backend's number of upgraded connections, including those that started before its configuration changed.</summary>
    public int Upgraded(string backend) => _all.Values.Where(upstream => IsOf(upstream, backend)).Sum(upstream => upstream.Upgraded);

    /// <summary>The last writes by backend name, for every backend that has existed since startup.</summary>
    public IEnumerable<KeyValuePair<string, LastWrite>> LastWrites =>
        _lastWrites.OrderBy(entry => entry.Key, StringComparer.OrdinalIgnoreCase);

    /// <summary>The totals by backend name, for every backend that has existed since startup.</summary>
    public IEnumerable<KeyValuePair<string, BackendTotals>> Totals => _totals.OrderBy(entry => entry.Key, StringComparer.OrdinalIgnoreCase);

    /// <summary>The worst state of a backend's circuit breakers.</summary>
    public CircuitState Circuit(string backend) =>
        _all
            .Values.Where(upstream => IsOf(upstream, backend))
            .SelectMany(upstream => upstream.Destinations)
            .Select(destination => destination.Circuit)
            .DefaultIfEmpty()
            .Max();

    /// <summary>Retires the upstreams that a new configuration does not use.</summary>
    public void RetireUnused(IReadOnlyCollection<Upstream> used)
    {
        lock (_lock)
            _retired.UnionWith(_all.Values.Except(used));
        Prune();
    }

    /// <summary>Closes the unused connections of retired upstreams, and removes retired upstreams that have nothing in flight.</summary>
    public void Prune()
    {
        lock (_lock)
        {
            foreach (var upstream in _retired.Count == 0 ? [] : _retired.ToArray())
            {
                upstream.Retire();
                if (upstream.InFlight > 0)
                    continue;
                _all.TryRemove(KeyValuePair.Create(upstream.Settings, upstream));
                _retired.Remove(upstream);
            }
        }
    }

    private static bool IsOf(Upstream upstream, string backend) =>
        string.Equals(upstream.Settings.Name, backend, StringComparison.OrdinalIgnoreCase);

    private Upstream Create(BackendSettings settings)
    {
        var destinations = settings.Addresses.All.Select(address => new Destination(address, settings, time)).ToImmutableArray();
        var retries = new RetryCounts();
        var sender = new RetryHandler(destinations.Length > 1, error => retries.Count(error.Failure), time)
        {
            InnerHandler = new UpstreamHandler(destinations),
        };
        return new Upstream(settings, destinations, sender, retries, _lastWrites.GetOrAdd(settings.Name, _ => new LastWrite()), time)
        {
            Totals = _totals.GetOrAdd(settings.Name, _ => new BackendTotals()),
        };
    }
}
