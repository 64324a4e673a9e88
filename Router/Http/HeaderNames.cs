using Microsoft.Extensions.Primitives;

namespace Router.Http;

/// <summary>Lookup in a message's headers: there are so few of them that a linear search is the fastest.</summary>
public static class HeaderNames
{
    /// <summary>The index of the header with that name, ignoring case (RFC 9110 section 5.1); negative if it is absent.</summary>
    public static int IndexOf(this ReadOnlySpan<KeyValuePair<string, StringValues>> headers, string name)
    {
        for (var i = 0; i < headers.Length; i++)
        {
            if (IsSame(headers[i].Key, name))
                return i;
        }

        return -1;
    }

    /// <summary>Whether two names are equal, ignoring case.</summary>
    public static bool IsSame(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);
}
