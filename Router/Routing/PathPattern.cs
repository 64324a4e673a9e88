using System.Collections.Immutable;

namespace Router.Routing;

/// <summary>Which paths a pattern matches.</summary>
public enum PathPatternKind
{
    /// <summary><c>=/favicon.ico</c>: this path alone.</summary>
    Exact,

    /// <summary><c>**/_metrics</c>: every path whose last segment is this one, with or without a trailing slash.</summary>
    LastSegment,

    /// <summary><c>/admin</c>: this path and every path below it; <c>/admin/</c>: only those below it. A <c>*</c> is one segment.</summary>
    Prefix,
}

/// <summary>A parsed path pattern.</summary>
/// <param name="Segments">The segments between the slashes; <c>*</c> is any non-empty segment.</param>
/// <param name="TrailingSlash">Whether the pattern ends with a slash.</param>
public sealed record PathPattern(PathPatternKind Kind, ImmutableArray<string> Segments, bool TrailingSlash)
{
    /// <summary>The segment that matches any one segment.</summary>
    public const string AnySegment = "*";

    /// <summary>Parses a pattern; false if it is invalid, with the reason.</summary>
    public static bool TryParse(string text, out PathPattern pattern, out string problem)
    {
        pattern = new PathPattern(PathPatternKind.Prefix, [], true);
        problem = "";
        var kind = PathPatternKind.Prefix;
        var path = text;
        if (text.StartsWith('='))
            (kind, path) = (PathPatternKind.Exact, text[1..]);
        else if (text.StartsWith("**/", StringComparison.Ordinal))
            (kind, path) = (PathPatternKind.LastSegment, text[2..]);

        var trailing = path.EndsWith('/');
        ImmutableArray<string> segments = path.Trim('/') is { Length: > 0 } inner ? [.. inner.Split('/')] : [];
        if (!path.StartsWith('/'))
            problem = "does not begin with /, =/ or **/";
        else if (!IsPlain(path))
            problem =
                "has characters that a normalised path cannot contain (%, ?, #, ;, \\, //, dot segments, spaces, control characters, "
                + "or anything beyond ASCII)";
        else if (segments.Any(segment => segment != AnySegment && segment.Contains('*', StringComparison.Ordinal)))
            problem = "has a * that is not a whole segment";
        else if (kind == PathPatternKind.LastSegment && (trailing || segments.Length != 1 || segments[0] == AnySegment))
            problem = "does not have exactly one plain segment after **/";
        else
            pattern = new PathPattern(kind, segments, trailing);
        return problem is "";
    }

    public override string ToString()
    {
        var path = "/" + string.Join('/', Segments) + (TrailingSlash && Segments.Length > 0 ? "/" : "");
        return Kind switch
        {
            PathPatternKind.Exact => "=" + path,
            PathPatternKind.LastSegment => "**" + path,
            _ => path,
        };
    }

    private static bool IsPlain(string path) =>
        path.AsSpan().IndexOfAny("%?#;\\") < 0
        && !path.Contains("//", StringComparison.Ordinal)
        && path.All(c => c is > ' ' and < '\x7f')
        && path.Split('/').All(segment => segment is not ("." or ".."));
}
