using Router.Access;
using Router.Configuration;
using Router.Hosting;
using Router.Modes;
using Router.Modes.Stores;
using Router.Pages;
using Router.Serving;

namespace Router.Cli;

/// <summary><c>router check</c>: checks everything needed to start and prints the configured route table, without listening.</summary>
public static class CheckCommand
{
    /// <summary>
    /// Runs the check. The exit code is 0 if Router could start, and 3 if something was to be contacted and could not be; in JSON it is 2
    /// if the configuration has validation errors.
    /// </summary>
    /// <exception cref="InvalidConfigurationException">The configuration has validation errors, and they are not wanted as
    /// JSON.</exception>
    public static async Task<int> RunAsync(StartOptions options, bool connects, CheckView view, TextWriter output)
    {
        try
        {
            await using var app = await RouterApplication.BuildAsync(options).ConfigureAwait(false);
            return await RunAsync(app, options, connects, view, output).ConfigureAwait(false);
        }
        catch (InvalidConfigurationException invalid) when (view == CheckView.Json)
        {
            await output
                .WriteAsync(ReadableJson.Text(CheckDocument.Of(invalid.Errors), CheckJson.Default.CheckDocument))
                .ConfigureAwait(false);
            return ExitCode.WrongUse;
        }
    }

    private static async Task<int> RunAsync(WebApplication app, StartOptions options, bool connects, CheckView view, TextWriter output)
    {
        var site = app.Services.GetRequiredService<CurrentSite>().Current;
        var errors = new ValidationErrors();
        var inUse = ListenAddresses.Check(
            ListenAddresses.Of(app.Configuration, options, app.Services.GetRequiredService<ManagementSettings>()),
            app.Configuration,
            errors
        );
        await CheckStoreAsync(site.Settings.ModeStore, app.Services.GetRequiredService<IModeStore>(), errors).ConfigureAwait(false);
        CheckProxyLists(site.Settings.TrustedProxyLists, errors);
        if (errors.Any)
            throw new InvalidConfigurationException(errors);
        var result = new CheckDocument(
            true,
            site.Settings.Mode,
            [],
            [.. Warnings(site.Settings, app.Configuration)],
            [.. inUse.Select(address => new CheckedAddress(address.Url, address.Key))],
            CheckDocument.BackendsOf(site.Table),
            CheckDocument.RoutesOf(site.Table, site.Admission),
            connects ? await ConnectionCheck.RunAsync(app.Services).ConfigureAwait(false) : null
        );
        if (view == CheckView.Json)
            await output.WriteAsync(ReadableJson.Text(result, CheckJson.Default.CheckDocument)).ConfigureAwait(false);
        else
            await WriteAsync(result, site, view, output).ConfigureAwait(false);
        return result.Connections?.Any(connection => connection.Problem is not null) == true ? ExitCode.NoConnection : 0;
    }

    private static async Task WriteAsync(CheckDocument result, Site site, CheckView view, TextWriter output)
    {
        await output.WriteLineAsync($"The configuration is valid. Mode at start: {result.Mode}.").ConfigureAwait(false);
        foreach (var address in result.InUse)
            await output
                .WriteLineAsync($"{address.Url} is in use now, by a running Router or another program ({address.Key}).")
                .ConfigureAwait(false);
        foreach (var warning in result.Warnings)
            await output.WriteLineAsync($"Warning: {warning}.").ConfigureAwait(false);
        await output.WriteLineAsync().ConfigureAwait(false);
        if (view == CheckView.Wide)
            TableReport.Write(site.Table, site.Admission, output);
        else
            HostReport.Write(site.Table, site.Admission, output);
        if (result.Connections is null)
            return;
        await output.WriteLineAsync().ConfigureAwait(false);
        foreach (var (subject, problem, found) in result.Connections)
            await output
                .WriteLineAsync(problem is null ? $"{subject}: {found}." : $"{subject}: FAILED: {problem.TrimEnd('.')}.")
                .ConfigureAwait(false);
    }

    // A file is local and always checked; a Redis is contacted only on request.
    private static async Task CheckStoreAsync(ModeStoreSettings settings, IModeStore store, ValidationErrors errors)
    {
        if (settings.File is null)
            return;
        const string key = "Router:ModeStore:File";
        try
        {
            if (
                await store.ReadAsync(CancellationToken.None).ConfigureAwait(false) is { } text
                && !ModeRecordText.TryParse(text, out _, out var problem)
            )
                errors.Add(
                    key,
                    $"'{settings.File}' holds no valid mode record ({problem})",
                    "Remove the file for a first start, or restore it"
                );
            if (!IsLink(settings.File) && FileWriteCheck.Run(settings.File) is { } denied)
            {
                errors.Add(
                    key,
                    $"'{settings.File}' can't be written, so nobody could change the mode ({denied})",
                    "Let Router's user write into its directory, or name another file"
                );
            }
        }
        catch (ModeStoreException failure)
        {
            errors.Add(key, failure.Message, "Give a file that Router's user may read and write");
        }
    }

    // A list at a URL is contacted only on request.
    private static void CheckProxyLists(IEnumerable<TrustedProxyListSettings> lists, ValidationErrors errors)
    {
        foreach (var list in lists.Where(list => list.Location is { IsFile: true }))
        {
            var (key, path) = ($"{ConfigurationSections.Router}:TrustedProxyLists:{list.Name}:Source", list.Location!.LocalPath);
            if (FileText.TryRead(path, out var problem, out var hint) is not { } content)
            {
                errors.Add(key, $"'{path}' can't be read: {problem}", hint);
                continue;
            }

            try
            {
                PublishedRanges.Read(content, list.Service);
            }
            catch (FormatException failure)
            {
                errors.Add(
                    key,
                    $"'{path}' is not a list of address ranges: {failure.Message.TrimEnd('.')}",
                    "Give a range on each line, or the ip-ranges JSON format"
                );
            }
        }
    }

    private static IEnumerable<string> Warnings(RouterSettings settings, IConfiguration configuration)
    {
        if (settings.ModeStore.File is { } file && IsLink(file))
            yield return $"Router:ModeStore:File is the symbolic link '{file}', which Router only reads. Change the mode where the link "
                + $"comes from, or name a regular file";
        if (DescriptorLimit.Current is not { } descriptors)
            yield break;
        if (settings.Limits.MaxConnections is { } connections && DescriptorLimit.ProblemOf(connections, descriptors) is { } tooMany)
            yield return tooMany;
        // The default is not an operator's promise: MaxConnections, which follows the limit of open files, bounds it.
        foreach (
            var backend in settings.Backends.Where(backend =>
                configuration[$"{ConfigurationSections.Router}:Backends:{backend.Name}:MaxConcurrentRequests"] is not null
            )
        )
        {
            if (DescriptorLimit.ProblemOf(backend, descriptors) is { } tooBusy)
                yield return tooBusy;
        }
    }

    private static bool IsLink(string path) => new FileInfo(path).LinkTarget is not null;
}
