using Microsoft.Extensions.Configuration.EnvironmentVariables;

namespace Router.Configuration;

/// <summary>
/// The environment in the .NET form, <c>Router__Mode</c> for <c>Router:Mode</c>. A variable with the bare name of a section sets no key of
/// it: it belongs to another program, and is omitted.
/// </summary>
internal sealed class EnvironmentLayer : IConfigurationSource
{
    private static readonly string[] Sections = [RouterSection.Name, "Kestrel", "Logging"];

    public IConfigurationProvider Build(IConfigurationBuilder builder) => new Provider();

    /// <summary>
    /// The variable that sets a key, or an entry below it; null if none does. For messages only: it goes through all variables.
    /// </summary>
    public static string? VariableOf(string key)
    {
        foreach (string name in Environment.GetEnvironmentVariables().Keys)
        {
            var set = name.Replace("__", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal);
            if (
                set.StartsWith(key, StringComparison.OrdinalIgnoreCase)
                && (set.Length == key.Length || set.AsSpan(key.Length).StartsWith(ConfigurationPath.KeyDelimiter))
            )
                return name;
        }

        return null;
    }

    private sealed class Provider : EnvironmentVariablesConfigurationProvider
    {
        public override void Load()
        {
            base.Load();
            foreach (var section in Sections)
                Data.Remove(section);
            // No file names them; the server would resolve them against the binary's directory.
            RelativePaths.Resolve(Data, Environment.CurrentDirectory);
        }
    }
}
