using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Router.Configuration;

namespace Router.Serving;

/// <summary>
/// Presents a renewed certificate in new handshakes. Kestrel would close the endpoint's listener and cut its requests after 5 s. So Kestrel
/// keeps the certificate that it loaded first, and this class replaces it in each handshake.
/// </summary>
public sealed class ServerCertificates
{
    // Map the thumbprint of each certificate that the server may have loaded to the files that held it, and to what is presented now.
    private Dictionary<string, HashSet<ServerCertificateFile>> _files = [];
    private volatile Dictionary<string, SslStreamCertificateContext> _current = [];
    private string? _section;
    private bool _wasLoading;

    /// <summary>Presents those of the configuration that the server starts with.</summary>
    public ServerCertificates(IConfiguration configuration) => Take(Load(configuration, new ValidationErrors()));

    /// <summary>Loads what a configuration names. Nothing of it is in force yet.</summary>
    /// <exception cref="CryptographicException">One cannot be used.</exception>
    public LoadedCertificates Load(IConfiguration configuration, ValidationErrors errors)
    {
        var loaded = ServerCertificateFile.All(configuration).Distinct().ToDictionary(file => file, file => file.Load());
        var files = _files.ToDictionary(it => it.Key, it => it.Value.Where(loaded.ContainsKey).ToHashSet());
        var section = string.Join('\n', configuration.GetSection(ConfigurationSections.Kestrel).AsEnumerable());
        // Only when its section has changed does the server load certificates again. It does so a moment later, when a file may have
        // changed: then the next reload knows what the server has.
        var isLoading = section != _section;
        foreach (var (file, context) in isLoading || _wasLoading ? loaded : [])
        {
            var thumbprint = context.TargetCertificate.Thumbprint;
            if (!files.TryGetValue(thumbprint, out var same))
                files[thumbprint] = same = [];
            same.Add(file);
        }

        // A handshake shows only which certificate the server loaded first.
        foreach (var same in files.Values.Where(same => same.DistinctBy(file => loaded[file].TargetCertificate.Thumbprint).Count() > 1))
            errors.Add(
                ConfigurationSections.Kestrel,
                $"names {string.Join(" and ", same.Select(file => file.Path))}, which held the same certificate and now hold "
                    + "different ones",
                "Renew all of them, or restart Router"
            );
        return new LoadedCertificates(
            files,
            section,
            isLoading,
            files.Where(it => it.Value.Count > 0).ToDictionary(it => it.Key, it => loaded[it.Value.First()])
        );
    }

    /// <summary>Presents them from now on.</summary>
    public void Take(LoadedCertificates loaded) =>
        (_files, _section, _wasLoading, _current) = (loaded.Files, loaded.Section, loaded.IsLoading, loaded.Current);

    /// <summary>Replaces the certificate of a handshake by what its file has now.</summary>
    public void Present(ConnectionContext connection, SslServerAuthenticationOptions handshake)
    {
        var first = handshake.ServerCertificateContext?.TargetCertificate ?? handshake.ServerCertificate as X509Certificate2;
        if (first is not null && _current.TryGetValue(first.Thumbprint, out var current))
            (handshake.ServerCertificateContext, handshake.ServerCertificate) = (current, null);
    }
}
