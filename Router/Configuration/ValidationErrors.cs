namespace Router.Configuration;

/// <summary>Collects all errors of a configuration, so that an operator can fix them in one go rather than one per start.</summary>
public sealed class ValidationErrors
{
    private readonly List<ValidationError> _all = [];

    /// <summary>The errors in the order in which they were found.</summary>
    public IReadOnlyList<ValidationError> All => _all;

    /// <summary>Whether there is any error.</summary>
    public bool Any => _all.Count > 0;

    /// <summary>Adds an error; <paramref name="problem"/> and <paramref name="hint"/> are sentences without a full stop.</summary>
    public void Add(string key, string problem, string hint) => _all.Add(new ValidationError(key, problem, hint));
}
