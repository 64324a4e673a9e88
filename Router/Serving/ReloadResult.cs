using System.Collections.Immutable;
using Router.Configuration;

namespace Router.Serving;

/// <summary>The result of a reload.</summary>
/// <param name="Changes">The keys and files that changed.</param>
/// <param name="AfterRestart">Those of the keys whose new values take effect only at the next start.</param>
/// <param name="Faults">Why nothing was changed; none where the new configuration is in force.</param>
/// <param name="Routes">How many routes the site in force has.</param>
public sealed record ReloadResult(
    ImmutableArray<string> Changes,
    ImmutableArray<string> AfterRestart,
    ImmutableArray<ValidationError> Faults,
    int Routes
)
{
    // More names than these make no line that a person reads.
    private const int MostNamed = 10;

    /// <summary>Whether the new configuration is in force.</summary>
    public bool IsAccepted => Faults is [];

    /// <summary>What changed, in one sentence part.</summary>
    public string Summary =>
        Changes is []
            ? "nothing changed"
            : $"{Named(Changes)} changed{(AfterRestart is [] ? "" : $" ({Named(AfterRestart)} only at the next start)")}";

    private static string Named(ImmutableArray<string> names) =>
        string.Join(", ", names.Take(MostNamed)) + (names.Length > MostNamed ? $" and {names.Length - MostNamed} more" : "");
}
