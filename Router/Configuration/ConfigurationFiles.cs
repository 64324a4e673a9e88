using Microsoft.Extensions.Primitives;

namespace Router.Configuration;

/// <summary>
/// The configuration's layers; each overrides the one before it: the file (Router's own <c>appsettings.json</c> with the one for the
/// environment, or the file that the operator names instead), the site's own variables, the environment in the .NET form.
/// </summary>
public sealed class ConfigurationFiles
{
    // The variable that every script sets: applied or rejected, never silently ignored.
    private const string ModeVariable = "DM_MODE";

    private readonly List<ConfigurationFile> _files = [];
    private IConfiguration? _configuration;
    private volatile WatchedPaths? _watched;
    private volatile string _lastRead = "";

    // What only the configuration that was read last names. It may have been refused because one of them was missing.
    private volatile string[] _namedByLast = [];
    private bool _isModeUndeclared;

    /// <summary>Adds the layers to a configuration.</summary>
    /// <param name="configuration">The configuration being built.</param>
    /// <param name="directory">The directory of <c>appsettings.json</c>.</param>
    /// <param name="environmentName">The environment's name, such as Production.</param>
    /// <param name="instead">A file to use instead of those, or null.</param>
    public void AddTo(
        IConfigurationManager configuration,
        string directory,
        string environmentName,
        string? instead,
        EnvironmentVariables environment
    )
    {
        if (instead is null)
        {
            Add(configuration, Path.Combine(directory, "appsettings.json"), isOptional: false);
            Add(configuration, Path.Combine(directory, $"appsettings.{environmentName}.json"), isOptional: true);
        }
        else
        {
            Add(configuration, Path.GetFullPath(instead), isOptional: false);
        }

        _configuration = configuration;
        var declared = ConfigurationVariables.From(configuration);
        _isModeUndeclared = environment[ModeVariable] is not null && !declared.Has(ModeVariable);
        configuration.AddInMemoryCollection(declared.Values(environment));
        configuration.Add(new EnvironmentLayer(environment));
        _lastRead = Stamp();
    }

    /// <summary>Whether the files differ from those read last: by time, size, links and permissions.</summary>
    /// <remarks>
    /// The files are polled: the framework's watcher listens to every directory below the file's, and misses the swapped links of a
    /// ConfigMap.
    /// </remarks>
    public bool HaveChanged(out string stamp) => (stamp = Stamp()) != _lastRead;

    /// <summary>Records the files that cannot be read, and a mode in the environment that would have no effect.</summary>
    public void AddErrors(ValidationErrors errors) => AddErrors(errors, _files);

    /// <summary>Rereads the files and returns the configuration that they would produce. Nothing of it is in force yet.</summary>
    public ConfigurationCandidate ReadAgain(IConfigurationRoot running, ValidationErrors errors)
    {
        // Before reading: a change while reading is then detected afterwards.
        var watched = PathsToWatch(_configuration!);
        var stamp = Stamp(watched);
        var files = _files.ToDictionary(file => file, file => file.ReadAgain());
        AddErrors(errors, [.. files.Values]);
        var read = new ConfigurationRoot([
            .. running.Providers.Select(layer =>
                layer is ConfigurationFile file ? files[file] : (IConfigurationProvider)new SharedLayer(layer)
            ),
        ]);
        _namedByLast = [.. NamedFiles(read).Except(watched)];
        _lastRead = $"{stamp}|{Stamp(_namedByLast)}";
        return new ConfigurationCandidate(running, read, files);
    }

    private void AddErrors(ValidationErrors errors, IReadOnlyCollection<ConfigurationFile> files)
    {
        var broken = files.Select(file => file.LoadError).OfType<ValidationError>().ToArray();
        foreach (var error in broken)
            errors.Add(error.Key, error.Problem, error.Hint);
        // Other programs may have sections of their own in the file; a section whose name is close to one of ours is treated as ours.
        foreach (
            var section in files
                .SelectMany(file => file.GetChildKeys([], null))
                .Except(ConfigurationSections.All, StringComparer.OrdinalIgnoreCase)
                .ToArray()
        )
        {
            if (NearestName.Of(section, ConfigurationSections.All) is { } meant)
                errors.Add(section, "is not a section that Router knows", $"Did you mean {meant}?");
        }

        if (_isModeUndeclared && broken is [])
            errors.Add(
                ModeVariable,
                "is set in the environment, but the configuration does not declare it, so the site would not be in that mode",
                $"Declare it, with {ConfigurationVariables.Section}:{ModeVariable} = Mode, or unset it"
            );
    }

    private void Add(IConfigurationBuilder configuration, string path, bool isOptional)
    {
        var file = new ConfigurationFile(path, isOptional);
        _files.Add(file);
        configuration.Add(file);
    }

    private static IEnumerable<string> NamedFiles(IConfiguration configuration) =>
        [.. ClientCertificateFiles.Paths(configuration), .. ServerCertificateFile.Paths(configuration)];

    private string Stamp() => $"{Stamp(PathsToWatch(_configuration!))}|{Stamp(_namedByLast)}";

    private static string Stamp(IEnumerable<string> paths) => string.Join('|', paths.Select(FileStamp.Of));

    // Four times a second. To look the paths up in the configuration each time would cost ten times as much as the files.
    private string[] PathsToWatch(IConfiguration configuration)
    {
        var watched = _watched;
        if (watched is null || watched.Reload.HasChanged)
        {
            // The token first: a change meanwhile is then noticed the next time.
            var reload = configuration.GetReloadToken();
            _watched = watched = new WatchedPaths(reload, [.. _files.Select(file => file.Path), .. NamedFiles(configuration)]);
        }

        return watched.Paths;
    }

    private sealed record WatchedPaths(IChangeToken Reload, string[] Paths);
}
