using System.Collections.Immutable;

namespace Router.Configuration;

/// <summary>A named page that replaces a backend's errors; the status is unchanged.</summary>
/// <param name="Name">The name under <c>Router:ErrorPages</c>.</param>
/// <param name="Source">Where it is in the configuration, for validation errors.</param>
/// <param name="OnStatus">The status codes.</param>
/// <param name="Backend">The backend that serves the page.</param>
/// <param name="Path">The page's path there.</param>
public sealed record ErrorPageSettings(
    string Name,
    ConfigurationLocation Source,
    ImmutableArray<int> OnStatus,
    string Backend,
    string Path
);
