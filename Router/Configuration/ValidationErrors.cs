namespace Router.Configuration;

/// <summary>Collects all errors of a configuration, so that an operator can fix them in one go rather than one per start.</summary>
public sealed class ValidationErrors
{
    private readonly List<ValidationError> _all = [];

    /// <summary>The errors in the order in which they were found.</summary>
    public IReadOnlyList<ValidationError> All => _all;

    public bool Any => _all.Count > 0;

    /// <summary>Adds an error; <paramref name="problem"/> and <paramref name="hint"/> are sentences without a full stop.</summary>
    public void Add(string key, string problem, string hint) => _all.Add(new ValidationError(key, problem, hint));

    /// <summary>Adds the error of a setting that names a section which does not exist.</summary>
    /// <param name="named">The name that it has.</param>
    /// <param name="kind">What it may name, such as <c>one of the backends</c>.</param>
    /// <param name="known">The names that exist.</param>
    /// <param name="otherwise">What it may have instead, after a comma; empty if nothing.</param>
    public void AddUnknownName(string key, string named, string kind, IEnumerable<string> known, string otherwise = "") =>
        Add(key, NotConfigured(named), NameHint(kind, known, otherwise));

    public static string NotConfigured(string named) => $"'{named}' is not configured";

    /// <summary>Says what a setting may name.</summary>
    public static string NameHint(string kind, IEnumerable<string> known, string otherwise = "") =>
        $"Name {kind} ({(known.Any() ? string.Join(", ", known) : "none is configured")}){otherwise}";
}
