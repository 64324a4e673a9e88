using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Router.Configuration;

/// <summary>
/// A site's own certificate authorities, from a PEM file that the configuration names: only certificates that they signed are trusted.
/// </summary>
public static class CertificateAuthorities
{
    /// <summary>The path of a PEM file with at least one certificate; null if the key is absent or invalid.</summary>
    public static string? Read(ConfigurationReader reader, string key)
    {
        if (reader.FilledText(key, "Name a PEM file, or remove it to trust the system's authorities") is not { } path)
            return null;
        if (FileText.TryRead(path, out var problem, out var hint) is null)
        {
            reader.AddError(key, $"'{path}' can't be read: {problem}", hint);
            return null;
        }

        try
        {
            if (Load(path).Count > 0)
                return path;
            reader.AddError(key, $"'{path}' holds no certificate", "Name a PEM file");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            reader.AddError(key, $"'{path}' can't be read ({error.Message.TrimEnd('.')})", "Name a PEM file with certificates");
        }

        return null;
    }

    /// <summary>The certificates of a file.</summary>
    public static X509Certificate2Collection Load(string path)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPemFile(path);
        return certificates;
    }

    /// <summary>The chain policy that validates a server's certificate against them, for one connection.</summary>
    public static X509ChainPolicy ChainPolicy(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }
}
