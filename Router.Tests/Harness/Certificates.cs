using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Router.Tests.Harness;

/// <summary>Certificates that were made a moment ago, and that no authority knows.</summary>
internal static class Certificates
{
    public static X509Certificate2 Of(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    /// <summary>Writes one and its key as PEM files, each in one step.</summary>
    public static (string Certificate, string Key) Write(this X509Certificate2 certificate, string directory, string name)
    {
        var (path, key) = (Path.Combine(directory, name + ".crt"), Path.Combine(directory, name + ".key"));
        File.WriteAllText(key + ".new", certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(path + ".new", certificate.ExportCertificatePem());
        File.Move(key + ".new", key, overwrite: true);
        File.Move(path + ".new", path, overwrite: true);
        return (path, key);
    }
}
