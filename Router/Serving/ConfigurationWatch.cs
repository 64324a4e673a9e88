using Router.Configuration;

namespace Router.Serving;

/// <summary>Reads the configuration again when one of its files has changed.</summary>
public sealed class ConfigurationWatch(ConfigurationFiles files, IConfigurationRoot configuration, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            if (files.HaveChanged())
                configuration.Reload();
        }
    }
}
