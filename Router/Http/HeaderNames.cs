using Microsoft.Extensions.Primitives;

namespace Router.Http;

/// <summary>Fields in a row, as a message has them: few enough that to look at each is the fastest way to find one.</summary>
public static class HeaderNames
{
    /// <summary>Where the field of that name stands, in whatever case (RFC 9110 section 5.1); negative where there is none.</summary>
    public static int IndexOf(this ReadOnlySpan<KeyValuePair<string, StringValues>> fields, string name)
    {
        for (var i = 0; i < fields.Length; i++)
        {
            if (IsSame(fields[i].Key, name))
                return i;
        }

        return -1;
    }

    /// <summary>Whether two names are one. Most of one length differ in their first letter.</summary>
    public static bool IsSame(string name, string other) =>
        name.Length == other.Length && ((name[0] ^ other[0]) & ~0x20) == 0 && name.Equals(other, StringComparison.OrdinalIgnoreCase);
}
