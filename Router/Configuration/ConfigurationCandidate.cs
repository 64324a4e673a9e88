namespace Router.Configuration;

/// <summary>A configuration that was read while another one is in force.</summary>
/// <param name="running">The one in force.</param>
/// <param name="read">The one that was read.</param>
/// <param name="files">The file layers in force, each with the layer that was read to replace it.</param>
public sealed class ConfigurationCandidate(
    IConfigurationRoot running,
    IConfigurationRoot read,
    IReadOnlyDictionary<ConfigurationFile, ConfigurationFile> files
)
{
    /// <summary>The configuration that was read.</summary>
    public IConfiguration Configuration => read;

    /// <summary>The keys whose values differ between the two, ordered by name.</summary>
    public IReadOnlyList<string> ChangedKeys() =>
        [
            .. files
                .SelectMany(pair => pair.Key.Keys.Concat(pair.Value.Keys))
                .Distinct(StringComparer.OrdinalIgnoreCase)
                .Where(key => running[key] != read[key] || IsSet(running, key) != IsSet(read, key))
                .Order(StringComparer.OrdinalIgnoreCase),
        ];

    /// <summary>Puts it in force and notifies the configuration's change listeners.</summary>
    public void Take()
    {
        foreach (var (file, other) in files)
            file.Take(other);
        running.Reload();
    }

    private static bool IsSet(IConfigurationRoot configuration, string key) =>
        configuration.Providers.Any(layer => layer.TryGet(key, out _));
}
