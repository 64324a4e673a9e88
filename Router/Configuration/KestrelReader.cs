using System.Security.Authentication;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Router.Configuration;

/// <summary>
/// Validates the server's own section, <c>Kestrel</c>, before the server reads it: the server ignores unknown keys, and notices a missing
/// certificate only when it starts.
/// </summary>
public static class KestrelReader
{
    private const string CertificateHint = "Set Certificate:Path and Certificate:KeyPath, or Kestrel:Certificates:Default";

    private static readonly string[] HttpsOnly = ["Certificate", "Sni", "SslProtocols", "ClientCertificateMode"];

    private static readonly string[] Protocols =
    [
        nameof(HttpProtocols.Http1AndHttp2),
        nameof(HttpProtocols.Http1),
        nameof(HttpProtocols.Http2),
    ];

    /// <summary>Validates the section and records the errors.</summary>
    public static void Check(IConfiguration configuration, ValidationErrors errors, Action<KnownKey>? asked = null)
    {
        var root = new ConfigurationReader(
            configuration.GetSection(ConfigurationSections.Kestrel),
            ConfigurationVariables.From(configuration),
            errors,
            asked
        );
        var defaults = root.Child("EndpointDefaults");
        Common(defaults);
        defaults.RefuseUnknownKeys();
        var certificates = root.Children("Certificates").ToArray();
        foreach (var certificate in certificates)
        {
            Certificate(certificate);
            if (!IsDefault(certificate))
                root.AddError($"Certificates:{certificate.Name}", "is a name that the server does not use", "Name it Default");
        }

        foreach (var endpoint in root.Children("Endpoints"))
            Endpoint(endpoint, hasDefault: certificates.Any(IsDefault));
        root.RefuseUnknownKeys();
    }

    private static bool IsDefault(ConfigurationReader certificate) =>
        certificate.Name.Equals("Default", StringComparison.OrdinalIgnoreCase);

    private static void Endpoint(ConfigurationReader reader, bool hasDefault)
    {
        var url = reader.RequiredText("Url", ListenAddress.Hint);
        if (url is not "" && !ListenAddress.IsValid(url))
            reader.AddError("Url", ListenAddress.Problem(url), ListenAddress.Hint);
        Common(reader);
        var certificate = reader.Child("Certificate");
        var hasOwn = reader.Has("Certificate");
        if (hasOwn)
            Certificate(certificate);
        var names = reader.Children("Sni").ToArray();
        foreach (var name in names)
        {
            Common(name);
            if (name.Has("Certificate"))
                Certificate(name.Child("Certificate"));
            else if (!hasOwn && !hasDefault)
                name.AddError("Certificate", "is not set, and neither the endpoint nor the default has one", CertificateHint);
            name.RefuseUnknownKeys();
        }

        if (url.StartsWith("https:", StringComparison.OrdinalIgnoreCase))
        {
            if (!hasOwn && !hasDefault && names is [])
                reader.AddError("Certificate", "is not set, and the address is https", CertificateHint);
        }
        else
        {
            foreach (var key in HttpsOnly.Where(reader.Has))
                reader.AddError(key, "is set, and the address is not https", "Write https:// in Url, or remove it");
        }

        reader.RefuseUnknownKeys();
    }

    private static void Common(ConfigurationReader reader)
    {
        reader.RefuseEmpty("ClientCertificateMode", $"Choose one of {string.Join(", ", Enum.GetNames<ClientCertificateMode>())}");
        reader.Choice<ClientCertificateMode>("ClientCertificateMode");
        if (reader.Text("Protocols", Protocols) is { } protocols && !Protocols.Contains(protocols, StringComparer.OrdinalIgnoreCase))
            reader.AddError("Protocols", $"is '{protocols}'", $"Choose one of {string.Join(", ", Protocols)}: there is no HTTP/3");
        foreach (
            var protocol in reader
                .List("SslProtocols")
                .Where(protocol => !Enum.GetNames<SslProtocols>().Contains(protocol, StringComparer.OrdinalIgnoreCase))
        )
            reader.AddError("SslProtocols", $"'{protocol}' is not a protocol", "Write Tls12, Tls13 or both");
        // The server would ignore it and offer every version.
        reader.RefuseText("SslProtocols", "Write a list, such as [\"Tls13\"]; in the environment SslProtocols__0=Tls13");
    }

    private static void Certificate(ConfigurationReader reader)
    {
        var (path, keyPath, password, subject) = (
            reader.Text("Path"),
            reader.FilledText("KeyPath", "Name the PEM file of the private key, or remove it"),
            reader.Text("Password"),
            reader.Text("Subject")
        );
        // The location in the system's store where the subject is looked up.
        reader.Text("Store");
        reader.Text("Location");
        reader.Flag("AllowInvalid", false);
        reader.RefuseUnknownKeys();
        if (path is null == subject is null)
            reader.AddError(
                "Path",
                path is null ? "is not set" : "is set together with Subject",
                "Give Path (with KeyPath for PEM files), or Subject for a certificate of the system's store"
            );
        else if (path is not null)
            Load(reader, path, keyPath, password);
    }

    private static void Load(ConfigurationReader reader, string path, string? keyPath, string? password)
    {
        if (Read(reader, "Path", path) is not { } certificate)
            return;
        try
        {
            if (keyPath is null && CertificateFile.IsPem(certificate))
                reader.AddError(
                    "KeyPath",
                    $"is not set, and '{path}' is a PEM file",
                    "Name the PEM file with the private key of that certificate"
                );
            else if (keyPath is null)
                CertificateFile.OfPkcs12(certificate, password).Dispose();
            else if (Read(reader, "KeyPath", keyPath) is { } key)
                CertificateFile.OfPem(certificate, key, password).Dispose();
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException)
        {
            var hint = keyPath is null
                ? "Give a PKCS #12 file with its Password, or a PEM certificate with the KeyPath of its key"
                : "Give a PEM certificate and the PEM file of its own key, with its Password where the key is encrypted";
            reader.AddError(
                "Path",
                $"'{path}'{(keyPath is null ? "" : $" with the key '{keyPath}'")} can't be used: {failure.Message.TrimEnd('.')}",
                hint
            );
        }
    }

    private static byte[]? Read(ConfigurationReader reader, string key, string path)
    {
        var content = FileText.TryRead(path, out var problem, out var hint);
        if (content is null)
            reader.AddError(key, $"'{path}' can't be read: {problem}", hint);
        return content;
    }
}
