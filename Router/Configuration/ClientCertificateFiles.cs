using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Router.Configuration;

/// <summary>
/// The client certificate for a backend that requests one, as PEM files read with the configuration: the same paths with different content
/// are a different value, so a backend gets new connections when its certificate is renewed.
/// </summary>
/// <param name="Path">The certificate, followed by the intermediates up to an authority that the backend trusts.</param>
/// <param name="KeyPath">The private key, not encrypted.</param>
/// <param name="Stamp">Identifies the state of their content.</param>
public sealed record ClientCertificateFiles(string Path, string KeyPath, string Stamp)
{
    public const string Key = "ClientCertificate";

    public const string KeyKey = "ClientCertificateKey";

    /// <summary>Reads and validates the settings of a backend; null if there are none, or an error was recorded.</summary>
    public static ClientCertificateFiles? Read(ConfigurationReader reader, BackendAddresses addresses)
    {
        const string remedy = "Name a PEM file, or remove it";
        var (path, keyPath) = (reader.FilledText(Key, remedy), reader.FilledText(KeyKey, remedy));
        if (path is null)
        {
            if (keyPath is not null)
                reader.AddError(KeyKey, $"is set, but no {Key}", $"Name the certificate's PEM file under {Key}, or remove the key");
            return null;
        }

        if (addresses.All.Any(address => address.Scheme != Uri.UriSchemeHttps))
        {
            reader.AddError(Key, "is set, but the backend's address is not https", "Write https:// in Address, or remove the certificate");
            return null;
        }

        keyPath ??= path;
        if (FileText.TryRead(path, out var problem, out var hint) is null)
            reader.AddError(Key, $"'{path}' can't be read: {problem}", hint);
        else if (FileText.TryRead(keyPath, out problem, out hint) is null)
            reader.AddError(KeyKey, $"'{keyPath}' can't be read: {problem}", hint);
        else if (TryLoad(path, keyPath, out problem) is null)
            reader.AddError(
                Key,
                $"'{path}' and its key '{keyPath}' can't be used: {problem}",
                "Name PEM files with a certificate and its unencrypted private key"
            );
        else
            return new ClientCertificateFiles(path, keyPath, $"{FileStamp.Of(path)}|{FileStamp.Of(keyPath)}");
        return null;
    }

    /// <summary>The files that a configuration names for its backends, including those of authorities.</summary>
    public static IEnumerable<string> Paths(IConfiguration configuration) =>
        from backend in configuration.GetSection($"{ConfigurationSections.Router}:Backends").GetChildren()
        from path in new[] { backend[Key], backend[KeyKey], backend["CertificateAuthorities"] }
        where path is { Length: > 0 }
        select path;

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
            // Offline, so that no further certificates are looked up: what is presented is what the file contains.
            return SslStreamCertificateContext.Create(certificate, chain, offline: true);
        }
        catch (Exception failure) when (failure is CryptographicException || FileText.IsUnreadable(failure))
        {
            problem = failure.Message.TrimEnd('.');
            return null;
        }
    }
}
