using System.Collections.Concurrent;
using System.Collections.Immutable;
using Router.Configuration;

namespace Router.Access;

/// <summary>
/// The lists of trusted proxies by their settings: a list whose source stays the same over a reload keeps what was read from it.
/// </summary>
public sealed class ProxyLists(TimeProvider time, ILogger<ProxyList> logger)
{
    private readonly ConcurrentDictionary<TrustedProxyListSettings, ProxyList> _all = new();

    /// <summary>The list, created on first use.</summary>
    public ProxyList For(TrustedProxyListSettings settings) => _all.GetOrAdd(settings, Create);

    /// <summary>Drops the lists that the configuration in force no longer has.</summary>
    public void RemoveAllExcept(ImmutableArray<TrustedProxyListSettings> settings)
    {
        foreach (var gone in _all.Keys.Except(settings))
            _all.TryRemove(gone, out _);
    }

    private ProxyList Create(TrustedProxyListSettings settings)
    {
        var before = _all.Values.FirstOrDefault(list =>
            settings.Location is not null && (list.Settings.Location, list.Settings.Service) == (settings.Location, settings.Service)
        );
        return new ProxyList(settings, before, time, logger);
    }
}
