using System.Collections.Immutable;
using System.Net;

namespace Router.Configuration;

/// <summary>Reads a section of <c>Router:TrustedProxyLists</c>.</summary>
public static class TrustedProxyListReader
{
    /// <summary>Reads the section and records the errors.</summary>
    public static TrustedProxyListSettings Read(ConfigurationReader reader)
    {
        var (location, ranges) = ProxySource(reader);
        var list = new TrustedProxyListSettings
        {
            Name = reader.Name,
            Ranges = ranges,
            Location = location,
            Service = reader.Text("Service"),
            Refresh = reader.Duration("Refresh", TimeSpan.FromHours(1)),
        };
        reader.RefuseUnknownKeys();
        return list;
    }

    private static (Uri? Location, ImmutableArray<IPNetwork> Ranges) ProxySource(ConfigurationReader reader)
    {
        const string hint = "Give ranges, a file, or an address such as https://ip-ranges.example.org/ranges.json";
        // An address may have commas of its own.
        var entries = reader.List("Source");
        if (string.Join(',', entries) is var text && text.Contains("://", StringComparison.Ordinal))
        {
            if (HttpAddress.TryParse(text, out var address))
                return (address, []);
            reader.AddError("Source", HttpAddress.Problem(text), hint);
            return (null, []);
        }

        if (entries is not [var only] || AddressRange.TryParse(only, out _))
            return (null, AllowListReader.Ranges(reader, "Source", entries));
        if (File.Exists(only))
            return (new Uri(Path.GetFullPath(only)), []);
        reader.AddError("Source", $"'{only}' is neither a range, nor an http or https address, nor an existing file", hint);
        return (null, []);
    }
}
