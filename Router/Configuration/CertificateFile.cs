using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Router.Configuration;

/// <summary>Loads a server certificate together with its key.</summary>
internal static class CertificateFile
{
    /// <summary>Whether a file is PEM, which needs a key beside it, and not PKCS #12.</summary>
    public static bool IsPem(ReadOnlySpan<byte> content) => content.IndexOf("-----BEGIN "u8) >= 0;

    /// <exception cref="CryptographicException">It cannot be used.</exception>
    public static X509Certificate2 OfPkcs12(byte[] content, string? password)
    {
        var certificate = X509CertificateLoader.LoadPkcs12(content, password, X509KeyStorageFlags.EphemeralKeySet);
        if (certificate.HasPrivateKey)
            return certificate;
        certificate.Dispose();
        throw new CryptographicException("it holds no private key");
    }

    /// <summary>Loads a certificate and the PEM file of its key.</summary>
    /// <exception cref="CryptographicException">They cannot be used, or do not belong together.</exception>
    public static X509Certificate2 OfPem(byte[] content, byte[] key, string? password)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(content);
        var (pem, text) = (certificate.ExportCertificatePem(), Encoding.UTF8.GetString(key));
        return password is null ? X509Certificate2.CreateFromPem(pem, text) : X509Certificate2.CreateFromEncryptedPem(pem, text, password);
    }
}
