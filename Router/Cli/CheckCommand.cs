using Router.Configuration;
using Router.Modes;
using Router.Modes.Stores;
using Router.Serving;

namespace Router.Cli;

/// <summary><c>router check</c>: checks everything that a start needs and prints the table that the configuration makes, without listening.</summary>
public static class CheckCommand
{
    /// <summary>Checks; the exit code is 0 where Router could start, and 3 where something was to be contacted and could not be.</summary>
    /// <exception cref="InvalidConfigurationException">The configuration has faults.</exception>
    public static async Task<int> RunAsync(StartOptions options, bool connects, TextWriter output)
    {
        await using var app = await RouterApplication.BuildAsync(options).ConfigureAwait(false);
        var site = app.Services.GetRequiredService<CurrentSite>().Current;
        var faults = new Faults();
        var inUse = ListenAddresses.Check(ListenAddresses.Of(app.Configuration, options, app.Services.GetRequiredService<ManagementSettings>()), app.Configuration, faults);
        await CheckStoreAsync(site.Settings.ModeStore, app.Services.GetRequiredService<IModeStore>(), faults).ConfigureAwait(false);
        if (faults.Any)
            throw new InvalidConfigurationException(faults);
        await output.WriteLineAsync($"The configuration is valid. Mode at start: {site.Settings.Mode}.").ConfigureAwait(false);
        foreach (var address in inUse)
            await output.WriteLineAsync($"{address.Url} is in use now, by a running Router or another program ({address.Key}).").ConfigureAwait(false);
        await output.WriteLineAsync().ConfigureAwait(false);
        TableReport.Write(site.Table, output);
        return !connects || await ConnectionCheck.RunAsync(app.Services, output).ConfigureAwait(false) ? 0 : RouterCommand.NoConnection;
    }

    // A file is at hand; a Redis is contacted only where that is asked for.
    private static async Task CheckStoreAsync(ModeStoreSettings settings, IModeStore store, Faults faults)
    {
        if (settings.File is null)
            return;
        const string key = "Router:ModeStore:File";
        try
        {
            if (await store.ReadAsync(CancellationToken.None).ConfigureAwait(false) is { } text && !ModeRecordText.TryParse(text, out _, out var problem))
                faults.Add(key, $"'{settings.File}' holds no record of the mode ({problem})", "Remove the file for a first start, or restore it");
        }
        catch (ModeStoreException failure)
        {
            faults.Add(key, failure.Message, "Give a file that Router's user may read and write");
        }
    }
}
