using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Polly.CircuitBreaker;
using Router.Configuration;

namespace Router.Forwarding.Backends;

/// <summary>
/// Makes connections. A name is looked up again when its addresses are older than the backend's <c>DnsRefresh</c>; when that fails,
/// the addresses known last are tried. Connections that work stay, until their address is no longer one of the name's.
/// </summary>
/// <param name="address">Scheme, host and port.</param>
/// <param name="backend">The limits.</param>
/// <param name="lookUp">Looks a name up.</param>
/// <param name="time">The clock.</param>
/// <param name="breaker">Watches over every attempt.</param>
public sealed class Connector(
    Uri address, BackendSettings backend, Func<string, CancellationToken, Task<IPAddress[]>> lookUp, TimeProvider time, AsyncCircuitBreakerPolicy breaker)
{
    private readonly X509Certificate2Collection? _authorities = backend.CertificateAuthorities is { } file ? CertificateAuthorities.Load(file.Path) : null;
    private volatile Resolved? _resolved;

    /// <summary>Connects, with TLS where the scheme is https. The circuit breaker watches.</summary>
    /// <exception cref="BackendException">It could not be done; nothing has been sent.</exception>
    public ValueTask<(Stream Stream, Socket Socket, IPAddress Address)> ConnectAsync(CancellationToken cancellationToken) => GuardAsync(
        async token =>
        {
            var (socket, ip) = await ConnectSocketAsync(token).ConfigureAwait(false);
            var stream = new NetworkStream(socket, ownsSocket: true);
            return (address.Scheme == Uri.UriSchemeHttps ? await SecureAsync(stream, token).ConfigureAwait(false) : (Stream)stream, socket, ip);
        },
        cancellationToken);

    /// <summary>Connects without TLS, for a handler that sees to that itself.</summary>
    /// <exception cref="BackendException">It could not be done; nothing has been sent.</exception>
    public async ValueTask<Stream> ConnectPlainAsync(CancellationToken cancellationToken)
    {
        var (socket, _) = await GuardAsync(ConnectSocketAsync, cancellationToken).ConfigureAwait(false);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Whether an address is still one of the name's. Asks for nothing that is not known.</summary>
    public bool IsCurrent(IPAddress ip)
    {
        if (address.HostNameType != UriHostNameType.Dns || _resolved is not { } resolved)
            return true;
        if (time.GetElapsedTime(resolved.At) >= backend.DnsRefresh)
            _ = RefreshAsync(address.IdnHost);
        return Array.IndexOf(resolved.Addresses, ip) >= 0;
    }

    private async ValueTask<T> GuardAsync<T>(Func<CancellationToken, Task<T>> connect, CancellationToken cancellationToken)
    {
        try
        {
            return await breaker.ExecuteAsync(token => LimitAsync(connect, token), cancellationToken).ConfigureAwait(false);
        }
        catch (BrokenCircuitException fault)
        {
            throw new BackendException(ForwardFailure.CircuitOpen, notBegun: true, cause: fault);
        }
    }

    private async Task<T> LimitAsync<T>(Func<CancellationToken, Task<T>> connect, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(backend.ConnectTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await connect(both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException fault) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BackendException(ForwardFailure.ConnectTimeout, notBegun: true, cause: fault);
        }
        catch (SocketException fault)
        {
            var unknown = fault.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain;
            throw new BackendException(unknown ? ForwardFailure.NameNotResolved : ForwardFailure.ConnectFailed, notBegun: true, cause: fault);
        }
        catch (Exception fault) when (fault is AuthenticationException or IOException)
        {
            throw new BackendException(ForwardFailure.TlsFailed, notBegun: true, cause: fault);
        }
    }

    private async Task<(Socket Socket, IPAddress Address)> ConnectSocketAsync(CancellationToken cancellationToken)
    {
        var candidates = await AddressesAsync(cancellationToken).ConfigureAwait(false);
        for (var i = 0; ; i++)
        {
            var socket = new Socket(candidates[i].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(candidates[i], address.Port, cancellationToken).ConfigureAwait(false);
                return (socket, candidates[i]);
            }
            catch (SocketException) when (i + 1 < candidates.Length)
            {
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }

    private async ValueTask<IPAddress[]> AddressesAsync(CancellationToken cancellationToken)
    {
        if (address.HostNameType != UriHostNameType.Dns)
            return [IPAddress.Parse(address.DnsSafeHost)];
        if (_resolved is { } resolved)
        {
            if (time.GetElapsedTime(resolved.At) >= backend.DnsRefresh)
                _ = RefreshAsync(address.IdnHost);
            return resolved.Addresses;
        }

        var addresses = await lookUp(address.IdnHost, cancellationToken).ConfigureAwait(false);
        _resolved = new Resolved(addresses, time.GetTimestamp());
        return addresses;
    }

    private async Task RefreshAsync(string host)
    {
        if (_resolved is not { } before || !before.TryClaim())
            return;
        IPAddress[] addresses;
        try
        {
            addresses = await lookUp(host, CancellationToken.None).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            // The name server's trouble is not the backend's: what was known goes on being used, and is asked for again later.
            addresses = before.Addresses;
        }

        _resolved = new Resolved(addresses, time.GetTimestamp());
    }

    private async Task<Stream> SecureAsync(NetworkStream inner, CancellationToken cancellationToken)
    {
        var stream = new SslStream(inner);
        try
        {
            await stream.AuthenticateAsClientAsync(TlsOptions(), cancellationToken).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>How the backend's certificate is judged.</summary>
    public SslClientAuthenticationOptions TlsOptions()
    {
        var options = new SslClientAuthenticationOptions { TargetHost = address.IdnHost };
        if (_authorities is not null)
            options.CertificateChainPolicy = CertificateAuthorities.ChainPolicy(_authorities);
        return options;
    }

    private sealed class Resolved(IPAddress[] addresses, long at)
    {
        private int _claimed;

        public IPAddress[] Addresses => addresses;

        public long At => at;

        public bool TryClaim() => Interlocked.Exchange(ref _claimed, 1) == 0;
    }
}
