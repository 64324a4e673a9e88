using System.Collections.Frozen;
using Microsoft.Extensions.Primitives;

namespace Router.Http;

/// <summary>The fields that belong to one connection and are never passed on (RFC 9110 section 7.6.1).</summary>
public static class HopByHopHeaders
{
    /// <summary>Those that always do.</summary>
    public static IReadOnlyList<string> Names => FramingHeaders.HopByHop;

    private static readonly FrozenSet<string> Fixed = Names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a field stops here: one of the fixed ones, or one that <c>Connection</c> names.</summary>
    /// <param name="name">The field's name.</param>
    /// <param name="connection">The values of <c>Connection</c> in the same message.</param>
    public static bool Contains(string name, StringValues connection) =>
        Fixed.Contains(name) || (NamesOthers(connection) && IsNamedBy(connection, name));

    /// <summary>
    /// Whether <c>Connection </c> may name a field that is none of the fixed ones. What browsers and servers say of each connection does
    /// not.
    /// </summary>
    public static bool NamesOthers(StringValues connection) =>
        connection.Count > 0 && !(connection is [{ } only] && only.Equals("keep-alive", StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether a list field holds a token, in any case.</summary>
    public static bool IsNamedBy(StringValues field, string token)
    {
        foreach (var value in field)
        {
            if (value is null || value.Length < token.Length)
                continue;
            foreach (var range in value.AsSpan().Split(','))
            {
                if (value.AsSpan(range).Trim(" \t").Equals(token, StringComparison.OrdinalIgnoreCase))
                    return true;
            }
        }

        return false;
    }
}
