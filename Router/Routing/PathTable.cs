using System.Diagnostics.CodeAnalysis;
using Router.Http;

namespace Router.Routing;

/// <summary>
/// The path rules of one host. The cost of a look-up grows with the segments of the path, not with the number of rules. The most specific
/// rule wins: an exact path, then the last segment, then the longest prefix, where a fixed segment takes precedence over <c>*</c>. Matching
/// ignores case: an application that treats <c>/ADMIN</c> and <c>/admin</c> as the same must not be reachable by bypassing its rule.
/// One that distinguishes them must not be reachable through the rule of another path either: the case-sensitive match is available too.
/// </summary>
/// <param name="otherwise">The rule for every path that no pattern matches.</param>
public sealed class PathTable(Route otherwise)
{
    // Most hosts of many have no rules: what they do not have is neither searched nor kept in memory.
    private Node? _root;
    private Dictionary<string, Route>? _lastSegments;

    /// <summary>Adds a rule. False if an equivalent pattern already exists; <paramref name="present"/> is its rule.</summary>
    public bool TryAdd(PathPattern pattern, Route route, out Route present)
    {
        if (pattern.Kind == PathPatternKind.LastSegment)
        {
            _lastSegments ??= new Dictionary<string, Route>(StringComparer.OrdinalIgnoreCase);
            present = _lastSegments.GetValueOrDefault(pattern.Segments[0], route);
            return _lastSegments.TryAdd(pattern.Segments[0], route);
        }

        var node = _root ??= new Node();
        foreach (var segment in pattern.Segments)
            node = segment == PathPattern.AnySegment ? node.Any ??= new Node() : node.Child(segment);

        ref var slot = ref node.Slot(pattern.Kind == PathPatternKind.Exact, pattern.TrailingSlash);
        present = slot ?? route;
        if (slot is not null)
            return false;
        slot = route;
        return true;
    }

    /// <summary>Finds the rule for a normalised path.</summary>
    public Route Find(ReadOnlySpan<char> path) => Find(path, out _);

    /// <summary>Finds the rule for a normalised path.</summary>
    /// <param name="isInItsCase">Whether the path matches case-sensitively, so that <see cref="FindInItsCase"/> finds the rule too; false
    /// if that is not known.</param>
    public Route Find(ReadOnlySpan<char> path, out bool isInItsCase)
    {
        isInItsCase = true;
        return Find(path, anyCase: true, ref isInItsCase);
    }

    /// <summary>Finds the rule for a normalised path, matching case-sensitively.</summary>
    public Route FindInItsCase(ReadOnlySpan<char> path)
    {
        var isInItsCase = true;
        return Find(path, anyCase: false, ref isInItsCase);
    }

    private Route Find(ReadOnlySpan<char> path, bool anyCase, ref bool isInItsCase)
    {
        var best = _root is not null && path.StartsWith('/') ? Best(_root, path, anyCase, ref isInItsCase) : null;
        if (
            _lastSegments is not null
            && best is not { Exact: true }
            && TryGet(_lastSegments, LastSegment(path), anyCase, ref isInItsCase, out var last)
        )
        {
            return last;
        }

        return best?.Route ?? otherwise;
    }

    private static bool TryGet<T>(
        Dictionary<string, T> dictionary,
        ReadOnlySpan<char> segment,
        bool anyCase,
        ref bool isInItsCase,
        [NotNullWhen(true)] out T? value
    )
        where T : class
    {
        if (!dictionary.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(segment, out var name, out value))
            return false;
        var isSame = segment.SequenceEqual(name);
        isInItsCase &= isSame;
        return anyCase || isSame;
    }

    // Many applications respond to /x/ as to /x: the rule applies to both.
    private static ReadOnlySpan<char> LastSegment(ReadOnlySpan<char> path)
    {
        path = path.TrimEnd('/');
        return path[(path.LastIndexOf('/') + 1)..];
    }

    private static Found? Best(Node node, ReadOnlySpan<char> rest, bool anyCase, ref bool isInItsCase)
    {
        if (rest.IsEmpty)
            return Found.Of(node.Exact, node.Prefix);
        if (rest.Length == 1)
            return Found.Of(node.ExactSlash, node.PrefixSlash ?? node.Prefix);

        var slash = rest[1..].IndexOf('/');
        var segment = slash < 0 ? rest[1..] : rest.Slice(1, slash);
        var below = rest[(1 + segment.Length)..];
        if (
            node.Children is { } children
            && TryGet(children, segment, anyCase, ref isInItsCase, out var child)
            && Best(child, below, anyCase, ref isInItsCase) is { } literal
        )
        {
            return literal;
        }

        if (node.Any is { } any && !segment.IsEmpty && Best(any, below, anyCase, ref isInItsCase) is { } wildcard)
            return wildcard;
        return Found.Of(null, node.PrefixSlash ?? node.Prefix);
    }

    private readonly record struct Found(Route Route, bool Exact)
    {
        public static Found? Of(Route? exact, Route? prefix) =>
            exact is not null ? new Found(exact, true)
            : prefix is not null ? new Found(prefix, false)
            : null;
    }

    private sealed class Node
    {
        public Route? Exact;
        public Route? ExactSlash;
        public Route? Prefix;
        public Route? PrefixSlash;

        public Dictionary<string, Node>? Children { get; private set; }

        public Node? Any { get; set; }

        public ref Route? Slot(bool exact, bool trailingSlash)
        {
            if (exact)
                return ref trailingSlash ? ref ExactSlash : ref Exact;
            return ref trailingSlash ? ref PrefixSlash : ref Prefix;
        }

        public Node Child(string segment)
        {
            Children ??= new Dictionary<string, Node>(StringComparer.OrdinalIgnoreCase);
            if (!Children.TryGetValue(segment, out var child))
                Children.Add(segment, child = new Node());
            return child;
        }
    }
}
