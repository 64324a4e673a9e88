using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Router.Configuration;

namespace Router.Serving;

/// <summary>
/// Presents a renewed certificate in new handshakes. The server itself would close the endpoint's listener, give the requests on its
/// connections 5 s and cut what is left. It goes on with the certificate that it loaded first, and this replaces it.
/// </summary>
public sealed class ServerCertificates
{
    // By the thumbprint of any certificate that a file has had: the files that have had it, and what is presented instead.
    private Dictionary<string, HashSet<ServerCertificateFile>> _files = [];
    private volatile Dictionary<string, SslStreamCertificateContext> _current = [];

    /// <summary>Presents those of the configuration that the server starts with.</summary>
    public ServerCertificates(IConfiguration configuration) => Take(Load(configuration, new ValidationErrors()));

    /// <summary>Loads what a configuration names. Nothing of it is in force yet.</summary>
    /// <exception cref="CryptographicException">One cannot be used.</exception>
    public LoadedCertificates Load(IConfiguration configuration, ValidationErrors errors)
    {
        var loaded = ServerCertificateFile.All(configuration).Distinct().ToDictionary(file => file, file => file.Load());
        var files = _files.ToDictionary(it => it.Key, it => it.Value.Where(loaded.ContainsKey).ToHashSet());
        foreach (var (file, context) in loaded)
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
                $"has {string.Join(" and ", same.Select(file => file.Path))}, which had the same certificate and no longer have",
                "Renew all of them, or restart Router"
            );
        return new LoadedCertificates(
            files,
            files.Where(it => it.Value.Count > 0).ToDictionary(it => it.Key, it => loaded[it.Value.First()])
        );
    }

    /// <summary>Presents them from now on.</summary>
    public void Take(LoadedCertificates loaded) => (_files, _current) = (loaded.Files, loaded.Current);

    /// <summary>Replaces the certificate of a handshake by what its file has now.</summary>
    public void Present(ConnectionContext connection, SslServerAuthenticationOptions handshake)
    {
        var first = handshake.ServerCertificateContext?.TargetCertificate ?? handshake.ServerCertificate as X509Certificate2;
        if (first is not null && _current.TryGetValue(first.Thumbprint, out var current))
            (handshake.ServerCertificateContext, handshake.ServerCertificate) = (current, null);
    }
}
