using System.Collections.Immutable;

namespace Router.Switching;

/// <summary>The last writes of a backend.</summary>
/// <param name="Backend">Its name.</param>
/// <param name="Accepted">When one was last sent to it; null where none was.</param>
/// <param name="Completed">When the response to one was last complete; null where none was.</param>
public sealed record BackendWrites(string Backend, DateTimeOffset? Accepted, DateTimeOffset? Completed)
{
    /// <summary>The latest of each backend, from whatever instances and times.</summary>
    public static ImmutableArray<BackendWrites> Latest(IEnumerable<BackendWrites> all) =>
        [
            .. all.GroupBy(writes => writes.Backend, StringComparer.OrdinalIgnoreCase)
                .Select(group => new BackendWrites(group.Key, group.Max(writes => writes.Accepted), group.Max(writes => writes.Completed)))
                .OrderBy(writes => writes.Backend, StringComparer.OrdinalIgnoreCase),
        ];
}
