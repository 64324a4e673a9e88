using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Router.Configuration;

/// <summary>
/// Certificate authorities of a site's own, from a PEM file that the configuration names: what they signed is trusted, and nothing else.
/// </summary>
public static class CertificateAuthorities
{
    /// <summary>The path of a PEM file that holds at least one certificate; null where the key is absent, or a fault.</summary>
    public static string? Read(ConfigurationReader reader, string key)
    {
        if (reader.Text(key) is not { } path)
            return null;
        try
        {
            if (Load(path).Count > 0)
                return path;
            reader.Fault(key, $"'{path}' holds no certificate", "Name a PEM file");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            reader.Fault(key, $"'{path}' can't be read ({error.Message.TrimEnd('.')})", "Name a PEM file");
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

    /// <summary>How to judge a server's certificate by them, for one connection.</summary>
    public static X509ChainPolicy ChainPolicy(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }
}
