namespace Router.Configuration;

/// <summary>
/// Where a section is in the configuration: names its keys in validation errors. What is read once keeps this instead of its reader, whose
/// sections and sets take a hundred megabytes in a table of 100,000 hosts.
/// </summary>
/// <param name="path">The section's full key, such as <c>Router:Backends:api</c>.</param>
/// <param name="variables">The environment variables that feed keys.</param>
/// <param name="errors">Receives the validation errors.</param>
public sealed class ConfigurationLocation(string path, ConfigurationVariables variables, ValidationErrors errors)
{
    /// <summary>Says that a list or a section is where a value should be.</summary>
    public const string NotOneValue = "is a list or a section";

    // Created on first use: few keys have this error.
    private HashSet<string>? _notOneValue;

    /// <summary>The section's full key, such as <c>Router:Backends:api</c>.</summary>
    public string Path => path;

    /// <summary>
    /// Records an error of the value under <paramref name="key"/>, unless that is a list or a section instead of a value.
    /// </summary>
    public void AddError(string key, string problem, string hint)
    {
        if (_notOneValue?.Contains(key) != true)
            errors.Add(KeyOf(key), problem, hint);
    }

    /// <inheritdoc cref="ValidationErrors.AddUnknownName"/>
    public void AddUnknownName(string key, string named, string kind, IEnumerable<string> known, string otherwise = "") =>
        AddError(key, ValidationErrors.NotConfigured(named), ValidationErrors.NameHint(kind, known, otherwise));

    /// <summary>Records, once, that a list or a section is there instead of a value: other errors of the value would mislead.</summary>
    public void RefuseList(string key)
    {
        _notOneValue ??= new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        if (_notOneValue.Add(key))
            errors.Add(KeyOf(key), NotOneValue, "Give one value: a text, a number, true or false");
    }

    // With the variable that feeds it.
    private string KeyOf(string key) => variables.Describe($"{path}:{key}");
}
