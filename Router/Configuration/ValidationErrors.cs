namespace Router.Configuration;

/// <summary>One thing that is wrong with the configuration.</summary>
/// <param name="Key">The full configuration key, with the environment variable that feeds it where there is one.</param>
/// <param name="Problem">What is wrong, in a few words.</param>
/// <param name="Hint">What would be right.</param>
public sealed record ValidationError(string Key, string Problem, string Hint)
{
    public override string ToString() => $"{Key}: {Problem}. {Hint}{(Hint.EndsWith('?') ? "" : ".")}";
}

/// <summary>
/// Collects every fault of a configuration, so that an operator mends all of them in one go
/// and not one for each start.
/// </summary>
public sealed class ValidationErrors
{
    private readonly List<ValidationError> _all = [];

    /// <summary>The faults in the order in which they were found.</summary>
    public IReadOnlyList<ValidationError> All => _all;

    /// <summary>Whether anything is wrong.</summary>
    public bool Any => _all.Count > 0;

    /// <summary>Adds a fault; <paramref name="problem"/> and <paramref name="cure"/> are sentences without a full stop.</summary>
    public void Add(string key, string problem, string cure) => _all.Add(new ValidationError(key, problem, cure));
}
