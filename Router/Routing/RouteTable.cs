using System.Collections.Frozen;
using System.Collections.Immutable;
using Router.Http;

namespace Router.Routing;

/// <summary>
/// Maps requests to routes. Immutable: a new configuration creates a new table. The cost of a look-up depends on the labels of the host and
/// the segments of the path, never on the number of hosts.
/// </summary>
public sealed class RouteTable
{
    private readonly FrozenDictionary<string, PathTable>.AlternateLookup<ReadOnlySpan<char>> _exact;
    private readonly FrozenDictionary<string, PathTable>.AlternateLookup<ReadOnlySpan<char>> _suffixes;
    private readonly FrozenDictionary<string, PathTable>.AlternateLookup<ReadOnlySpan<char>> _firstLabels;
    private readonly PathTable? _catchAll;
    private readonly bool _hasSuffixes;

    internal RouteTable(IReadOnlyDictionary<HostPattern, PathTable> hosts, ImmutableArray<Route> routes)
    {
        Routes = routes;
        _exact = Lookup(HostPatternKind.Exact);
        _suffixes = Lookup(HostPatternKind.Suffix);
        _firstLabels = Lookup(HostPatternKind.FirstLabel);
        _hasSuffixes = _suffixes.Dictionary.Count > 0;
        _catchAll = hosts.GetValueOrDefault(new HostPattern(HostPatternKind.CatchAll, ""));

        FrozenDictionary<string, PathTable>.AlternateLookup<ReadOnlySpan<char>> Lookup(HostPatternKind kind) =>
            hosts
                .Where(host => host.Key.Kind == kind)
                .ToFrozenDictionary(host => host.Key.Fixed, host => host.Value, StringComparer.OrdinalIgnoreCase)
                .GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Every route, at its <see cref="Route.Index"/>.</summary>
    public ImmutableArray<Route> Routes { get; }

    /// <summary>The path rules of a host name (without port and trailing dot); null if no route matches it.</summary>
    public PathTable? FindHost(ReadOnlySpan<char> name)
    {
        if (_exact.TryGetValue(name, out var paths))
            return paths;
        var dot = name.IndexOf('.');
        if (_hasSuffixes)
        {
            // From the longest suffix to the shortest.
            for (var from = dot; from >= 0; from = name[(from + 1)..].IndexOf('.') is var next and >= 0 ? from + 1 + next : -1)
            {
                if (_suffixes.TryGetValue(name[from..], out paths))
                    return paths;
            }
        }

        return dot > 0 && _firstLabels.TryGetValue(name[..dot], out paths) ? paths : _catchAll;
    }

    /// <summary>Finds the route of a request: the first step of its admission.</summary>
    /// <param name="host">The <c>Host</c> header, or the authority of an absolute-form target.</param>
    /// <param name="path">The raw path, without the query.</param>
    public RouteMatch Match(ReadOnlySpan<char> host, ReadOnlySpan<char> path)
    {
        if (!HostName.TryRead(host, out var name))
            return RouteMatch.Malformed("the Host header is not a host name with an optional port");
        if (path is "*")
            return RouteMatch.Server;
        if (PathInterpretations.IsPlain(path))
            return FindHost(name) is { } plain ? Match(plain, path) : RouteMatch.NotRouted;
        if (PathInterpretations.Of(path) is not { } interpretations)
            return RouteMatch.Malformed("the path has a broken percent-encoding or an encoded control character");
        return FindHost(name) is { } paths ? Match(paths, interpretations) : RouteMatch.NotRouted;
    }

    // If a rule matches only because case is ignored, the client must also satisfy the rule that matches case-sensitively: an exception for
    // /callbacks is none for /CALLBACKS.
    private static RouteMatch Match(PathTable paths, ReadOnlySpan<char> path)
    {
        var route = paths.Find(path, out var isInItsCase);
        var inItsCase = isInItsCase ? route : paths.FindInItsCase(path);
        if (inItsCase == route)
            return RouteMatch.Of(route);
        return inItsCase.Refuses ? RouteMatch.Of(inItsCase) : RouteMatch.Of(route, [inItsCase]);
    }

    // A separate method: otherwise the closures below would be allocated for every look-up, also for those that never get here.
    private static RouteMatch Match(PathTable paths, IReadOnlyList<string> interpretations)
    {
        var route = paths.Find(interpretations[0]);
        ImmutableArray<Route> others =
        [
            .. interpretations.Skip(1).Select(interpretation => paths.Find(interpretation)).Where(other => other != route).Distinct(),
        ];
        ImmutableArray<Route> alsoMet =
        [
            .. others
                .Concat(interpretations.Select(interpretation => paths.FindInItsCase(interpretation)))
                .Where(other => other != route)
                .Distinct(),
        ];
        if (alsoMet is [])
            return RouteMatch.Of(route);
        if (alsoMet.FirstOrDefault(other => other.Refuses) is { } refusal)
            return RouteMatch.Of(refusal);
        return !route.Refuses && others.Any(other => other.Backend != route.Backend || other.File != route.File)
            ? RouteMatch.Malformed(
                $"the path can be read in several ways that belong to different backends ({route.Name}, {others[0].Name})"
            )
            : RouteMatch.Of(route, alsoMet);
    }
}
