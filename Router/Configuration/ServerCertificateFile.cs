using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Router.Configuration;

/// <summary>A certificate of the server that the configuration names by its files.</summary>
/// <param name="Path">The certificate, in PEM followed by its intermediates, or a PKCS #12 file.</param>
/// <param name="KeyPath">The private key in PEM; null for a PKCS #12 file.</param>
/// <param name="Password">What the key or the PKCS #12 file is encrypted with; null if it is not.</param>
public sealed record ServerCertificateFile(string Path, string? KeyPath, string? Password)
{
    /// <summary>Those of the endpoints, of their SNI names, and the default.</summary>
    public static IEnumerable<ServerCertificateFile> All(IConfiguration configuration)
    {
        var endpoints = configuration.GetSection(ConfigurationSections.Endpoints).GetChildren().ToArray();
        return from certificate in configuration
                .GetSection(ConfigurationSections.Certificates)
                .GetChildren()
                .Concat(endpoints.Select(endpoint => endpoint.GetSection("Certificate")))
                .Concat(
                    endpoints
                        .SelectMany(endpoint => endpoint.GetSection("Sni").GetChildren())
                        .Select(name => name.GetSection("Certificate"))
                )
            where certificate["Path"] is { Length: > 0 }
            select new ServerCertificateFile(
                certificate["Path"]!,
                certificate["KeyPath"] is { Length: > 0 } key ? key : null,
                certificate["Password"]
            );
    }

    /// <summary>The paths of all certificate and key files.</summary>
    public static IEnumerable<string> Paths(IConfiguration configuration) =>
        All(configuration).SelectMany(certificate => new[] { certificate.Path, certificate.KeyPath }).OfType<string>();

    /// <summary>Loads it as the server does.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">It cannot be used.</exception>
    public SslStreamCertificateContext Load()
    {
        var content = File.ReadAllBytes(Path);
        if (KeyPath is null)
            return SslStreamCertificateContext.Create(
                CertificateFile.OfPkcs12(content, Password),
                X509CertificateLoader.LoadPkcs12Collection(content, Password, X509KeyStorageFlags.EphemeralKeySet)
            );
        var chain = new X509Certificate2Collection();
        if (CertificateFile.IsPem(content))
            chain.ImportFromPemFile(Path);
        return SslStreamCertificateContext.Create(CertificateFile.OfPem(content, File.ReadAllBytes(KeyPath), Password), chain);
    }
}
