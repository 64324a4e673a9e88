using System.Collections.Immutable;

namespace Router.Management;

/// <summary>The table.</summary>
/// <param name="Routes">The routes in their order.</param>
public sealed record RoutesDocument(ImmutableArray<RouteDocument> Routes);

/// <param name="Host">The host patterns.</param>
/// <param name="Path">The path patterns; null for every other path.</param>
/// <param name="Kind">frontend or api.</param>
/// <param name="Address">The backend's addresses.</param>
/// <param name="File">The file that is the response.</param>
/// <param name="AllowList">Who may; null for everyone.</param>
/// <param name="Refuses">Whether nobody may.</param>
public sealed record RouteDocument(
    string Name,
    string Host,
    string? Path,
    string? Backend,
    string Kind,
    string? Address,
    string? File,
    string? AllowList,
    bool Refuses,
    ImmutableArray<string> RateLimits
);
