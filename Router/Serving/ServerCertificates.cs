using System.Net.Security;
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
    // By the thumbprint of any certificate that its file has had.
    private volatile Dictionary<string, SslStreamCertificateContext> _current = [];
    private Dictionary<string, ServerCertificateFile> _files = [];

    /// <summary>Presents those of the configuration that the server starts with.</summary>
    public ServerCertificates(IConfiguration configuration) => Take(Load(configuration));

    /// <summary>Loads what a configuration names. Nothing of it is in force yet.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">One cannot be used.</exception>
    public static IReadOnlyDictionary<ServerCertificateFile, SslStreamCertificateContext> Load(IConfiguration configuration) =>
        ServerCertificateFile.All(configuration).Distinct().ToDictionary(file => file, file => file.Load());

    /// <summary>Presents them from now on.</summary>
    public void Take(IReadOnlyDictionary<ServerCertificateFile, SslStreamCertificateContext> loaded)
    {
        var files = new Dictionary<string, ServerCertificateFile>(_files);
        foreach (var (file, context) in loaded)
            files[context.TargetCertificate.Thumbprint] = file;
        _files = files;
        _current = files
            .Where(it => loaded.ContainsKey(it.Value))
            .ToDictionary(it => it.Key, it => loaded[it.Value], StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Replaces the certificate of a handshake by what its file has now.</summary>
    public void Present(ConnectionContext connection, SslServerAuthenticationOptions handshake)
    {
        var loaded = handshake.ServerCertificateContext?.TargetCertificate ?? handshake.ServerCertificate as X509Certificate2;
        if (loaded is not null && _current.TryGetValue(loaded.Thumbprint, out var current))
            (handshake.ServerCertificateContext, handshake.ServerCertificate) = (current, null);
    }
}
