using Router.Access;
using Router.Admission;
using Router.Metrics;
using Router.Modes;
using Router.Upstreams;

namespace Router.Serving;

/// <summary>
/// The site that is served, replaced in one step by <see cref="Reloader"/>. Requests that began on the old one end on it.
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

    /// <summary>The site in force.</summary>
    public Site Current => _current;

    /// <summary>Makes a site of parts that have no faults, and puts it in the place of the one in force.</summary>
    public Site Replace(SiteParts parts)
    {
        var site = new Site(parts, upstreams, limits, lists, metrics.Traffic, bypass, time);
        _current = site;
        // A list may have been read anew since the site was made.
        site.Proxies.Combine();
        upstreams.Keep(site.Upstreams);
        lists.KeepOnly(site.Settings.TrustedProxyLists);
        limits.KeepOnly(site.Settings.RateLimiting ? site.Settings.RateLimits : []);
        return site;
    }
}
