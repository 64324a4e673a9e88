using System.Collections.Immutable;
using Router.Configuration;
using Router.Metrics;
using Router.Pages;

namespace Router.Serving;

/// <summary>
/// Rereads everything an operator can change while Router runs: the configuration, pages, the files that routes serve, certificates and
/// lists. It takes effect as a whole or not at all. Errors are logged once, counted, and returned to the caller.
/// </summary>
public sealed partial class Reloader(
    IConfigurationRoot configuration,
    ConfigurationFiles files,
    CurrentSite site,
    ProxyListRefresher lists,
    ServerCertificates certificates,
    ManagementSettings management,
    RouterMetrics metrics,
    TimeProvider time,
    ILogger<Reloader> logger
) : IDisposable
{
    // Read only by components that are created once, at startup.
    private static readonly string[] StartOnly =
    [
        "Router:Mode",
        "Router:Limits",
        "Router:Hold",
        "Router:Variables",
        "Router:ModeStore",
        "Router:Management",
        "Router:Instance",
        "Router:ApplicationName",
    ];

    private static readonly TimeSpan ListsTimeout = TimeSpan.FromSeconds(3);

    private readonly SemaphoreSlim _one = new(1, 1);
    private Dictionary<string, string> _stamps = StampFiles(site.Current.Settings, configuration);

    /// <summary>Rereads everything.</summary>
    /// <param name="cause">What requested the reload, for the log.</param>
    /// <param name="stopping">Cancels the reload.</param>
    public async Task<ReloadResult> ReloadAsync(string cause, CancellationToken stopping)
    {
        await _one.WaitAsync(stopping).ConfigureAwait(false);
        try
        {
            var result = Reload();
            metrics.Reloaded(result.IsAccepted);
            if (result.IsAccepted)
            {
                LogReloaded(cause, result.Summary, result.Routes);
                // A list that takes longer is still read, but the caller does not wait for it.
                await lists
                    .RefreshAllAsync(stopping)
                    .WaitAsync(ListsTimeout, time, stopping)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            else
            {
                LogRefused(cause, result.Errors.Length, string.Join(" ", result.Errors));
            }

            return result;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private ReloadResult Reload()
    {
        var errors = new ValidationErrors();
        var before = site.Current;
        var candidate = files.ReadAgain(configuration, errors);
        // If a file cannot be read, its missing entries are not changes.
        if (errors.Any)
            return Refused(errors, before);
        SiteParts parts;
        try
        {
            parts = Site.Read(candidate.Configuration, errors);
            if (!errors.Any)
                ListenAddresses.CheckChange(configuration, candidate.Configuration, management, errors);
            if (errors.Any)
                return Refused(errors, before);
            var renewed = certificates.Load(candidate.Configuration, errors);
            if (errors.Any)
                return Refused(errors, before);
            var stamps = StampFiles(parts.Settings, candidate.Configuration);
            var changed = candidate.ChangedKeys();
            var now = site.Replace(parts);
            certificates.Take(renewed);
            candidate.Take();
            var result = new ReloadResult(
                [.. changed, .. Changed(_stamps, stamps)],
                [.. changed.Where(key => StartOnlyOf(candidate.Configuration).Any(section => IsWithin(key, section)))],
                [],
                now.Table.Routes.Length
            );
            _stamps = stamps;
            if (now.Settings.Mode != before.Settings.Mode)
                LogModeUnchanged(now.Settings.Mode);
            return result;
        }
        // A file may vanish between two checks, and no error of the new state may cost the old one.
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            LogFailed(failure);
            errors.Add(
                "The new configuration",
                $"could not be applied: {failure.Message.TrimEnd('.')}",
                "Reload again; if it happens again, report it"
            );
            return Refused(errors, site.Current);
        }
    }

    private static ReloadResult Refused(ValidationErrors errors, Site inForce) => new([], [], [.. errors.All], inForce.Table.Routes.Length);

    // The server loads the default certificate of an address of --urls once, and not again as for its endpoints.
    private static string[] StartOnlyOf(IConfiguration configuration) =>
        configuration.GetSection(ConfigurationSections.Endpoints).Exists() ? StartOnly : [.. StartOnly, ConfigurationSections.Certificates];

    private static bool IsWithin(string key, string section) =>
        key.StartsWith(section, StringComparison.OrdinalIgnoreCase) && (key.Length == section.Length || key[section.Length] == ':');

    private static IEnumerable<string> Changed(Dictionary<string, string> before, Dictionary<string, string> now) =>
        before
            .Keys.Union(now.Keys)
            .Where(path => before.GetValueOrDefault(path) != now.GetValueOrDefault(path))
            .Order(StringComparer.Ordinal);

    private static Dictionary<string, string> StampFiles(RouterSettings settings, IConfiguration configuration)
    {
        IEnumerable<string> pages;
        try
        {
            pages = Directory.GetFiles(SitePages.Directory, "*", SearchOption.AllDirectories);
        }
        catch (Exception failure) when (FileText.IsUnreadable(failure))
        {
            // The pages reader reports it.
            pages = [];
        }

        return pages
            .Concat(ClientCertificateFiles.Paths(configuration))
            .Concat(ServerCertificateFile.Paths(configuration))
            .Distinct()
            .ToDictionary(path => path, FileStamp.Of);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The configuration was reloaded ({Cause}): {Changes}. Routes: {Routes}.")]
    private partial void LogReloaded(string cause, string changes, int routes);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The new configuration ({Cause}) is not valid; the running one remains in force. Errors: {Count}. {Errors}"
    )]
    private partial void LogRefused(string cause, int count, string errors);

    [LoggerMessage(Level = LogLevel.Error, Message = "Reloading failed.")]
    private partial void LogFailed(Exception failure);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The configuration now has mode {Mode}, but Router:Mode is read at start only. The mode has NOT changed; to change it, "
            + "use router mode set."
    )]
    private partial void LogModeUnchanged(string mode);
}
