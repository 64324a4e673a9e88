using Router.Configuration;
using Router.Serving;

namespace Router.Cli;

/// <summary><c>router check</c>: validates the configuration and prints the table that it makes, without listening.</summary>
public static class CheckCommand
{
    /// <summary>Checks; the exit code is 0 where the configuration is valid.</summary>
    /// <exception cref="InvalidConfigurationException">The configuration has faults.</exception>
    public static async Task<int> RunAsync(StartOptions options, TextWriter output)
    {
        await using var app = await RouterApplication.BuildAsync(options).ConfigureAwait(false);
        var site = app.Services.GetRequiredService<CurrentSite>().Current;
        await output.WriteLineAsync($"The configuration is valid. Mode at start: {site.Settings.Mode}.").ConfigureAwait(false);
        await output.WriteLineAsync().ConfigureAwait(false);
        TableReport.Write(site.Table, output);
        return 0;
    }
}
