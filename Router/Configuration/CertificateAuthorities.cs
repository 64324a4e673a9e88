using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Router.Configuration;

/// <summary>Reads the name of a file of certificate authorities.</summary>
public static class CertificateAuthorities
{
    /// <summary>The path of a PEM file that holds at least one certificate; null where the key is absent, or a fault.</summary>
    public static string? Read(ConfigurationReader reader, string key)
    {
        if (reader.Text(key) is not { } path)
            return null;
        try
        {
            var certificates = new X509Certificate2Collection();
            certificates.ImportFromPemFile(path);
            if (certificates.Count > 0)
                return path;
            reader.Fault(key, $"'{path}' holds no certificate", "Name a PEM file");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or CryptographicException)
        {
            reader.Fault(key, $"'{path}' can't be read ({fault.Message.TrimEnd('.')})", "Name a PEM file");
        }

        return null;
    }
}
