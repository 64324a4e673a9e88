using System.Collections.Immutable;
using Router.Pages;

namespace Router.Management;

/// <summary>The result of a reload.</summary>
/// <param name="Accepted">Whether the new configuration is in force; otherwise the running one stays.</param>
/// <param name="Summary">What changed, as in the log.</param>
/// <param name="Changes">The keys and files that changed.</param>
/// <param name="AfterRestart">Those of the keys that take effect only at the next start.</param>
/// <param name="Routes">How many routes the site in force has.</param>
/// <param name="Errors">Why it was not accepted.</param>
public sealed record ReloadDocument(
    bool Accepted,
    string Summary,
    ImmutableArray<string> Changes,
    ImmutableArray<string> AfterRestart,
    int Routes,
    ImmutableArray<ValidationErrorDocument> Errors
);
