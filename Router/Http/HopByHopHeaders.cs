using System.Collections.Frozen;
using Microsoft.Extensions.Primitives;

namespace Router.Http;

/// <summary>The headers that belong to one connection and are never forwarded (RFC 9110 section 7.6.1).</summary>
public static class HopByHopHeaders
{
    /// <summary>The headers that are always hop-by-hop.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. RestrictedHeaders.With(HeaderRestrictions.HopByHop)];

    private static readonly FrozenSet<string> Fixed = Names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a header must not be forwarded, because it is always hop-by-hop or <c>Connection</c> names it.</summary>
    /// <param name="name">The header's name.</param>
    /// <param name="connection">The values of <c>Connection</c> in the same message.</param>
    public static bool Contains(string name, StringValues connection) =>
        Fixed.Contains(name) || (NamesOthers(connection) && IsNamedBy(connection, name));

    /// <summary>
    /// Whether <c>Connection</c> may name a header that is not always hop-by-hop. The usual values of browsers and servers do not.
    /// </summary>
    public static bool NamesOthers(StringValues connection) =>
        connection.Count > 0 && !(connection is [{ } only] && only.Equals("keep-alive", StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether a list header contains a token, ignoring case.</summary>
    public static bool IsNamedBy(StringValues values, string token)
    {
        foreach (var value in values)
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
