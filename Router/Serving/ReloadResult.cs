using System.Collections.Immutable;
using Router.Configuration;

namespace Router.Serving;

/// <param name="Changes">The keys and files that changed.</param>
/// <param name="AfterRestart">The changed keys whose new values take effect only after a restart.</param>
/// <param name="Errors">Why nothing was changed; empty if the new configuration is in force.</param>
/// <param name="Routes">The number of routes of the site in force.</param>
public sealed record ReloadResult(
    ImmutableArray<string> Changes,
    ImmutableArray<string> AfterRestart,
    ImmutableArray<ValidationError> Errors,
    int Routes
)
{
    // A line with more names than this is not readable.
    private const int MaxNamed = 10;

    public bool IsAccepted => Errors is [];

    /// <summary>What changed, as part of a sentence.</summary>
    public string Summary =>
        Changes is []
            ? "nothing changed"
            : $"{Named(Changes)} changed{(AfterRestart is [] ? "" : $" ({Named(AfterRestart)} only at the next start)")}";

    private static string Named(ImmutableArray<string> names) =>
        string.Join(", ", names.Take(MaxNamed)) + (names.Length > MaxNamed ? $" and {names.Length - MaxNamed} more" : "");
}
