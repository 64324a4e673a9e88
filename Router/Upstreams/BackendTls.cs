using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Router.Configuration;
using Router.Http;

namespace Router.Upstreams;

/// <summary>TLS to a backend: which certificates are trusted, and what is offered.</summary>
/// <param name="host">The name that the backend's certificate must contain.</param>
/// <param name="backend">The backend's settings.</param>
public sealed class BackendTls(string host, BackendSettings backend)
{
    private readonly SslStreamCertificateContext? _certificate = backend.ClientCertificate?.Load();
    private readonly X509Certificate2Collection? _authorities = backend.CertificateAuthorities is { } file
        ? CertificateAuthorities.Load(file.Path)
        : null;

    /// <summary>Performs the TLS handshake.</summary>
    public async Task<TlsStream> SecureAsync(Socket socket, CancellationToken cancellationToken)
    {
        var stream = new TlsStream(new TransportStream(socket));
        try
        {
            await stream.AuthenticateAsClientAsync(Options(), cancellationToken).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private SslClientAuthenticationOptions Options()
    {
        var options = new SslClientAuthenticationOptions { TargetHost = host, ClientCertificateContext = _certificate };
        if (backend.Http2)
            options.ApplicationProtocols = [SslApplicationProtocol.Http2];
        if (_authorities is not null)
            options.CertificateChainPolicy = CertificateAuthorities.ChainPolicy(_authorities);
        return options;
    }
}
