using System.Text.RegularExpressions;

namespace Router.Configuration;

/// <summary>
/// Resolves a relative path against the directory of the file that names it; otherwise it would depend on where the process was started or
/// installed.
/// </summary>
public static partial class RelativePaths
{
    /// <summary>Makes the relative paths among these values absolute.</summary>
    /// <param name="values">The keys and values of one layer of the configuration.</param>
    /// <param name="directory">The directory to resolve them against.</param>
    public static void Resolve(IDictionary<string, string?> values, string directory)
    {
        foreach (var (key, value) in values.Where(pair => IsPath().IsMatch(pair.Key)).ToArray())
        {
            if (value?.Trim() is { Length: > 0 } path && !path.Contains("://", StringComparison.Ordinal) && !IsNoPath(key, path))
                values[key] = Path.GetFullPath(path, directory);
        }
    }

    // The source of a proxy list may also be a list of ranges, and the mode store's file may be switched off.
    private static bool IsNoPath(string key, string value) =>
        key.EndsWith(":Source", StringComparison.OrdinalIgnoreCase)
            ? value.Contains(',', StringComparison.Ordinal) || AddressRange.TryParse(value, out _)
            : key.EndsWith(":ModeStore:File", StringComparison.OrdinalIgnoreCase) && ModeStoreSettings.IsNone(value);

    [GeneratedRegex(
        "^(Kestrel:(Certificates:[^:]+|Endpoints:[^:]+:Certificate|Endpoints:[^:]+:Sni:[^:]+:Certificate):(Path|KeyPath)"
            + "|Router:(Management:(Read)?TokenFile|ModeStore:File|ModeStore:CertificateAuthorities"
            + "|Backends:[^:]+:(CertificateAuthorities|ClientCertificate|ClientCertificateKey)|TrustedProxyLists:[^:]+:Source))$",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex IsPath();
}
