using System.Collections.Immutable;
using System.Net;

namespace Router.Configuration;

/// <summary>Reads lists of client addresses.</summary>
public static class AllowListReader
{
    /// <summary>Reads a list of <c>Router:AllowLists</c> and records the errors.</summary>
    public static AllowListSettings Read(ConfigurationReader lists, string name)
    {
        var entries = lists.List(name);
        if (entries is [])
            lists.AddError(
                name,
                "is empty",
                "List addresses and ranges, such as 203.0.113.7, 198.51.100.0/24; for everyone write 0.0.0.0/0, ::/0"
            );
        return new AllowListSettings(name, Ranges(lists, name, entries));
    }

    /// <summary>Reads the entries of a list; those that are neither an address nor a range are errors.</summary>
    public static ImmutableArray<IPNetwork> Ranges(ConfigurationReader reader, string key, ImmutableArray<string> entries)
    {
        var ranges = ImmutableArray.CreateBuilder<IPNetwork>();
        foreach (var entry in entries)
        {
            if (AddressRange.TryParse(entry, out var range))
                ranges.Add(range);
            else
                reader.AddError(key, AddressRange.Problem(entry), $"{AddressRange.Hint}; separate several with commas");
        }

        return ranges.ToImmutable();
    }
}
