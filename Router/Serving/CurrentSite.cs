using Microsoft.Extensions.Primitives;
using Router.Configuration;
using Router.Forwarding;
using Router.Modes;
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
    private readonly RouterMetrics _metrics;
    private readonly ILogger<CurrentSite> _logger;
    private readonly IDisposable _subscription;
    private readonly Lock _reloading = new();
    private volatile Site _current;

    /// <summary>Makes the first site; the configuration has been checked before.</summary>
    /// <exception cref="InvalidConfigurationException">The configuration has faults.</exception>
    public CurrentSite(IConfiguration configuration, ConfigurationFiles files, Upstreams upstreams, RouterMetrics metrics, ILogger<CurrentSite> logger)
    {
        _configuration = configuration;
        _files = files;
        _upstreams = upstreams;
        _metrics = metrics;
        _logger = logger;
        var faults = new Faults();
        _current = Load(faults) ?? throw new InvalidConfigurationException(faults);
        _subscription = ChangeToken.OnChange(configuration.GetReloadToken, Reload);
    }

    /// <summary>The site in force.</summary>
    public Site Current => _current;

    /// <inheritdoc/>
    public void Dispose() => _subscription.Dispose();

    /// <summary>Reads settings and table, and notes every fault of both.</summary>
    public static (RouterSettings Settings, RouteTable Table) Read(IConfiguration configuration, Faults faults)
    {
        var settings = SettingsReader.Read(configuration, faults);
        if (!ModeCatalogue.TryFind(settings.Mode, out _))
            faults.Add(ConfigurationVariables.From(configuration).Describe($"{SettingsReader.Section}:Mode"), $"is '{settings.Mode}'", $"Choose one of {ModeCatalogue.Names}");
        return (settings, RouteTableBuilder.Build(settings, faults));
    }

    private Site? Load(Faults faults)
    {
        _files.AddFaults(faults);
        var (settings, table) = Read(_configuration, faults);
        if (faults.Any)
            return null;
        var site = new Site(settings, table, _upstreams, _metrics.Traffic, faults);
        return faults.Any ? null : site;
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
                _upstreams.Keep(site.Upstreams);
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
