using System.Collections.Immutable;

namespace Router.Configuration;

/// <summary>
/// Environment variables with names chosen by the site (<c>DM_MODE</c>, <c>DM_FRONTEND_URL</c>, …) and the keys that they feed, as declared
/// in the configuration under <c>Router:Variables</c>. A value in the .NET form (<c>Router__Mode</c>) overrides them.
/// </summary>
public sealed class ConfigurationVariables
{
    /// <summary>
    /// The section in which a site declares its variables: name → one or more keys, relative to <c>Router</c>, separated by commas.
    /// </summary>
    public const string KeyHint = "Give the key that it sets, relative to Router, such as Mode";

    public const string Section = "Router:Variables";

    private readonly ImmutableArray<(string Variable, string Key)> _pairs;
    private readonly EnvironmentLayer? _environment;

    private ConfigurationVariables(ImmutableArray<(string Variable, string Key)> pairs, EnvironmentLayer? environment) =>
        (_pairs, _environment) = (pairs, environment);

    public static ConfigurationVariables From(IConfiguration configuration) =>
        new(
            [
                .. from variable in configuration.GetSection(Section).GetChildren()
                from key in (variable.Value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                select (variable.Key, $"Router:{key}"),
            ],
            EnvironmentLayer.In(configuration)
        );

    /// <summary>The declared variables, each with the full key that it sets.</summary>
    public IEnumerable<(string Variable, string Key)> Declared => _pairs;

    /// <summary>Whether a variable is declared.</summary>
    public bool Has(string variable) => _pairs.Any(pair => pair.Variable == variable);

    /// <summary>The values that an environment gives to the declared keys.</summary>
    public IEnumerable<KeyValuePair<string, string?>> Values(EnvironmentVariables environment) =>
        from pair in _pairs
        let value = environment[pair.Variable]
        where value is not null
        select KeyValuePair.Create(pair.Key, (string?)value);

    /// <summary>A key as an operator knows it: with the variable that feeds it, which no file shows.</summary>
    public string Describe(string key)
    {
        // The .NET form overrides the declared variables.
        if (_environment?.VariableOf(key) is { } name)
            return $"{key} ({name})";
        foreach (var (variable, fed) in _pairs)
        {
            if (string.Equals(fed, key, StringComparison.OrdinalIgnoreCase))
                return $"{key} ({variable})";
        }

        return key;
    }
}
