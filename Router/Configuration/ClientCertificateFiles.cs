using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Router.Configuration;

/// <summary>
/// The certificate that Router shows to a backend that asks for one, as PEM files that were read with the configuration: the same paths
/// with another content are another value, so a backend gets new connections when its certificate is renewed.
/// </summary>
/// <param name="Path">The certificate, then the intermediate ones up to an authority that the backend knows.</param>
/// <param name="KeyPath">The private key, not encrypted.</param>
/// <param name="Stamp">Which state of them.</param>
public sealed record ClientCertificateFiles(string Path, string KeyPath, string Stamp)
{
    /// <summary>The key of the certificate's path.</summary>
    public const string Key = "ClientCertificate";

    /// <summary>The key of the private key's path.</summary>
    public const string KeyKey = "ClientCertificateKey";

    /// <summary>Reads and checks the settings of a backend; null where there are none, or an error was noted.</summary>
    public static ClientCertificateFiles? Read(ConfigurationReader reader, BackendAddresses addresses)
    {
        var (path, keyPath) = (reader.Text(Key), reader.Text(KeyKey));
        if (path is null)
        {
            if (keyPath is not null)
                reader.Fault(KeyKey, $"is set, but no {Key}", $"Name the certificate's PEM file under {Key}, or remove the key");
            return null;
        }

        if (addresses.All.Any(address => address.Scheme != Uri.UriSchemeHttps))
        {
            reader.Fault(Key, "is set, but the backend's address is not https", "Write https:// in Address, or remove the certificate");
            return null;
        }

        keyPath ??= path;
        if (FileText.TryRead(path, out var problem, out var cure) is null)
            reader.Fault(Key, $"'{path}' can't be read: {problem}", cure);
        else if (FileText.TryRead(keyPath, out problem, out cure) is null)
            reader.Fault(KeyKey, $"'{keyPath}' can't be read: {problem}", cure);
        else if (TryLoad(path, keyPath, out problem) is null)
            reader.Fault(
                Key,
                $"'{path}' and its key '{keyPath}' can't be used: {problem}",
                "Name PEM files with a certificate and its unencrypted private key"
            );
        else
            return new ClientCertificateFiles(path, keyPath, $"{FileStamp.Of(path)}|{FileStamp.Of(keyPath)}");
        return null;
    }

    /// <summary>The files that a configuration names for its backends, those of authorities included.</summary>
    public static IEnumerable<string> Paths(IConfiguration configuration) =>
        from backend in configuration.GetSection($"{SettingsReader.Section}:Backends").GetChildren()
        from path in new[] { backend[Key], backend[KeyKey], backend["CertificateAuthorities"] }
        where path is { Length: > 0 }
        select path;

    /// <summary>Reads the files.</summary>
    public SslStreamCertificateContext Load() => TryLoad(Path, KeyPath, out var problem) ?? throw new CryptographicException(problem);

    private static SslStreamCertificateContext? TryLoad(string path, string keyPath, out string problem)
    {
        problem = "";
        try
        {
            var text = File.ReadAllText(path);
            var certificate = X509Certificate2.CreateFromPem(text, File.ReadAllText(keyPath));
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(text);
            chain.RemoveAt(0);
            // Without looking for more certificates: what is shown is what is in the file.
            return SslStreamCertificateContext.Create(certificate, chain, offline: true);
        }
        catch (Exception failure) when (failure is CryptographicException || FileText.IsUnreadable(failure))
        {
            problem = failure.Message.TrimEnd('.');
            return null;
        }
    }
}
