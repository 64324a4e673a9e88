using Router.Access;
using Router.Admission;
using Router.Metrics;
using Router.Modes;
using Router.Upstreams;

namespace Router.Serving;

/// <summary>
/// Holds the site in force, which <see cref="Reloader"/> replaces in one step. Requests that started on the old site finish on it.
/// </summary>
public sealed class CurrentSite(
    SiteParts first,
    UpstreamRegistry upstreams,
    RateLimits limits,
    ProxyLists lists,
    RouterMetrics metrics,
    BypassGate bypass,
    FleetClock time
)
{
    private volatile Site _current = new(first, upstreams, limits, lists, metrics.Traffic, bypass, time);

    public Site Current => _current;

    /// <summary>Builds a site from validated parts and puts it in force.</summary>
    public Site Replace(SiteParts parts)
    {
        var site = new Site(parts, upstreams, limits, lists, metrics.Traffic, bypass, time);
        _current = site;
        // A proxy list may have been refreshed since the site was built.
        site.Proxies.Combine();
        upstreams.RetireUnused(site.Upstreams);
        lists.RemoveAllExcept(site.Settings.TrustedProxyLists);
        limits.RemoveAllExcept(site.Settings.RateLimiting ? site.Settings.RateLimits : []);
        return site;
    }
}
