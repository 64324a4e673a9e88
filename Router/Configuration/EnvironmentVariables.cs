using System.Collections;

namespace Router.Configuration;

/// <summary>The variables of an environment, as they were when they were read. Names are case-sensitive.</summary>
public sealed class EnvironmentVariables
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>Of variables with the same name, the last one counts.</summary>
    public EnvironmentVariables(params IEnumerable<(string Name, string Value)> variables)
    {
        foreach (var (name, value) in variables)
            _values[name] = value;
    }

    public IReadOnlyDictionary<string, string> All => _values;

    /// <summary>A variable's value; null if it is not set.</summary>
    public string? this[string name] => _values.GetValueOrDefault(name);

    /// <summary>Reads those of this process.</summary>
    public static EnvironmentVariables OfProcess() =>
        new(
            Environment
                .GetEnvironmentVariables()
                .Cast<DictionaryEntry>()
                .Select(variable => ((string)variable.Key, (string?)variable.Value ?? ""))
        );
}
