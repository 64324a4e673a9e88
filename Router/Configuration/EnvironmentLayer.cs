namespace Router.Configuration;

/// <summary>
/// The environment in the .NET form, <c>Router__Mode</c> for <c>Router:Mode</c>. A variable with the bare name of a section sets no key of
/// it: it belongs to another program, and is omitted.
/// </summary>
internal sealed class EnvironmentLayer : ConfigurationProvider, IConfigurationSource
{
    private readonly string[] _names;

    public EnvironmentLayer(EnvironmentVariables environment)
    {
        _names = [.. environment.All.Keys];
        foreach (var (name, value) in environment.All)
            Data[KeyOf(name)] = value;
        foreach (var section in ConfigurationSections.All)
            Data.Remove(section);
        // No file names them; the server would resolve them against the binary's directory.
        RelativePaths.Resolve(Data, Environment.CurrentDirectory);
    }

    /// <summary>The one in a configuration; null where it has none.</summary>
    public static EnvironmentLayer? In(IConfiguration configuration) =>
        (configuration as IConfigurationRoot)
            ?.Providers.Select(layer => layer is SharedLayer shared ? shared.Layer : layer)
            .OfType<EnvironmentLayer>()
            .FirstOrDefault();

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    /// <summary>
    /// The variable that sets a key, or an entry below it; null if none does. For messages only: it goes through all variables.
    /// </summary>
    public string? VariableOf(string key)
    {
        foreach (var name in _names)
        {
            var set = KeyOf(name);
            if (
                set.StartsWith(key, StringComparison.OrdinalIgnoreCase)
                && (set.Length == key.Length || set.AsSpan(key.Length).StartsWith(ConfigurationPath.KeyDelimiter))
            )
                return name;
        }

        return null;
    }

    private static string KeyOf(string name) => name.Replace("__", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal);
}
