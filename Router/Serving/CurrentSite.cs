using Microsoft.Extensions.Primitives;
using Router.Access;
using Router.Answers;
using Router.Configuration;
using Router.Forwarding.Backends;
using Router.Observability;
using Router.Routing;

namespace Router.Serving;

/// <summary>
/// The site that is served, replaced in one step when the configuration changes. Requests that began on the old one end on it.
/// A change that is not valid keeps the running one, and says why in the log and in a metric.
/// </summary>
public sealed partial class CurrentSite : IDisposable
{
    private readonly IConfiguration _configuration;
    private readonly ConfigurationFiles _files;
    private readonly Upstreams _upstreams;
    private readonly RateLimits _limits;
    private readonly ProxyLists _lists;
    private readonly RouterMetrics _metrics;
    private readonly ILogger<CurrentSite> _logger;
    private readonly IDisposable _subscription;
    private readonly Lock _reloading = new();
    private volatile Site _current;

    /// <summary>Makes the first site, of a configuration that has been read and has no faults.</summary>
    public CurrentSite(RouterSettings settings, RouteTable table, Pages pages, IConfiguration configuration, ConfigurationFiles files, Upstreams upstreams, RateLimits limits, ProxyLists lists, RouterMetrics metrics, ILogger<CurrentSite> logger)
    {
        _configuration = configuration;
        _files = files;
        _upstreams = upstreams;
        _limits = limits;
        _lists = lists;
        _metrics = metrics;
        _logger = logger;
        _current = new Site(settings, table, pages, upstreams, limits, lists, metrics.Traffic);
        _subscription = ChangeToken.OnChange(configuration.GetReloadToken, Reload);
    }

    /// <summary>The site in force.</summary>
    public Site Current => _current;

    /// <inheritdoc/>
    public void Dispose() => _subscription.Dispose();

    private Site? Load(Faults faults)
    {
        _files.AddFaults(faults);
        var (settings, table, pages) = Site.Read(_configuration, faults);
        return faults.Any ? null : new Site(settings, table, pages, _upstreams, _limits, _lists, _metrics.Traffic);
    }

    private void Reload()
    {
        lock (_reloading)
        {
            var faults = new Faults();
            var site = Load(faults);
            _metrics.Reloaded(site is not null);
            if (site is not null)
            {
                if (site.Settings.Mode != _current.Settings.Mode)
                    LogModeUnchanged(site.Settings.Mode);
                _current = site;
                // A list may have been read anew since the site was made.
                site.Proxies.Combine();
                _upstreams.Keep(site.Upstreams);
                _lists.KeepOnly(site.Settings.TrustedProxyLists);
                _limits.KeepOnly(site.Settings.RateLimiting ? site.Settings.RateLimits : []);
                LogReloaded(site.Table.Routes.Length);
            }
            else
            {
                LogRefused(faults.All.Count, string.Join(" ", faults.All));
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The configuration changed and is in force; routes: {Routes}.")]
    private partial void LogReloaded(int routes);

    [LoggerMessage(Level = LogLevel.Error, Message = "The configuration changed and is not valid; the running one stays in force. Faults: {Count}. {Faults}")]
    private partial void LogRefused(int count, string faults);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The configuration now says mode {Mode}, but it sets the mode at start only: the mode in force has NOT changed.")]
    private partial void LogModeUnchanged(string mode);
}
