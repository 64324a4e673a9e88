using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Router.Configuration;
using Router.Http;

namespace Router.Upstreams;

/// <summary>
/// Establishes connections to a backend's address: resolves its name, tries the resulting IP addresses, and performs the TLS handshake if
/// the scheme is https. Each IP address has a circuit breaker. Working connections are kept until the name no longer resolves to their IP
/// address.
/// </summary>
/// <param name="address">The scheme, host and port.</param>
/// <param name="backend">The backend's limits.</param>
/// <param name="lookUp">Resolves a name.</param>
/// <param name="time">The clock.</param>
public sealed class Connector(
    Uri address,
    BackendSettings backend,
    Func<string, CancellationToken, Task<IPAddress[]>> lookUp,
    TimeProvider time
)
{
    // Linux: IPPROTO_TCP and TCP_USER_TIMEOUT.
    private const int TcpLevel = 6;
    private const int TcpUserTimeout = 18;
    private const int UnacknowledgedMilliseconds = 60_000;

    private readonly AddressLookup _lookup = new(
        address.HostNameType is UriHostNameType.Dns ? address.IdnHost : address.DnsSafeHost,
        backend,
        lookUp,
        time
    );
    private readonly BackendTls? _tls = address.Scheme == Uri.UriSchemeHttps ? new BackendTls(address.IdnHost, backend) : null;

    /// <summary>The state of the circuit breakers, as shown in metrics and the health check.</summary>
    public CircuitState Circuit =>
        IsOpen ? CircuitState.Open
        : Array.Exists(_lookup.Known, ip => ip.Breaker.IsOpen) ? CircuitState.Partial
        : CircuitState.Closed;

    /// <summary>Whether no connection is attempted for a request, because no IP address is available.</summary>
    public bool IsOpen => _lookup.Known is { Length: > 0 } known ? Array.TrueForAll(known, ip => ip.Breaker.IsOpen) : _lookup.IsOpen;

    /// <summary>Establishes a connection.</summary>
    /// <exception cref="BackendException">Connecting failed; nothing has been sent.</exception>
    public async ValueTask<BackendConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var addresses = ConnectionRace.Order(await LookUpAsync(cancellationToken).ConfigureAwait(false));
        if (addresses is [])
            throw new BackendException(ForwardFailure.CircuitOpen, notBegun: true);
        return await ConnectionRace.RunAsync(addresses, AttemptAsync, time, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether the name still resolves to an IP address. Uses only what is known and starts no lookup.</summary>
    public bool IsCurrent(IPAddress ip) => _lookup.IsCurrent(ip);

    /// <summary>
    /// Starts the background attempts that are due: to IP addresses that are out of use, or that are no longer the first choice.
    /// </summary>
    public void ProbeIfDue(CancellationToken stopping)
    {
        _lookup.ProbeIfDue(stopping);
        var known = _lookup.Known;
        foreach (var ip in known)
        {
            // Probing the only address reveals nothing as long as every request still tries it.
            if (ip.Breaker.IsOpen || known.Length > 1)
                ip.Breaker.ProbeIfDue(token => ConnectAsync(ip.Ip, token), stopping);
        }
    }

    public void ResetFailures() => _lookup.ResetFailures();

    private async ValueTask<ResolvedAddress[]> LookUpAsync(CancellationToken cancellationToken)
    {
        if (_lookup.Known is { Length: > 0 })
            return await _lookup.GetAsync(cancellationToken).ConfigureAwait(false);
        using var limit = new ConnectionLimit(backend.ConnectTimeout, static () => false, time, cancellationToken);
        try
        {
            return await _lookup.GetAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BackendException(ForwardFailure.ConnectTimeout, notBegun: true, cause: error);
        }
    }

    private Task<BackendConnection> AttemptAsync(ResolvedAddress ip, CancellationToken cancellationToken) =>
        ip.Breaker.RunAsync(token => ConnectAsync(ip.Ip, token), cancellationToken);

    private async Task<BackendConnection> ConnectAsync(IPAddress ip, CancellationToken cancellationToken)
    {
        Socket? socket = null;
        var connected = false;
        try
        {
            socket = new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            if (backend.Http2)
                NoticeVanishedHost(socket);
            using var limit = new ConnectionLimit(backend.ConnectTimeout, IsRouterLate, time, cancellationToken);
            await socket.ConnectAsync(ip, address.Port, limit.Token).ConfigureAwait(false);
            connected = true;
            return _tls is null
                ? new BackendConnection(new NetworkStream(socket, ownsSocket: true), socket, ip)
                : new BackendConnection(await _tls.SecureAsync(socket, limit.Token).ConfigureAwait(false), socket, ip);
        }
        catch (Exception error)
        {
            socket?.Dispose();
            if (cancellationToken.IsCancellationRequested || FailureOf(error) is not { } failure)
                throw;
            throw new BackendException(failure, notBegun: true, cause: error);
        }

        bool IsRouterLate() => HasResponded(socket!, connected);
    }

    // An HTTP/2 connection outlives its requests. Without this, every request would be sent to a vanished host and would fail only at its
    // deadline. By TCP keep-alive, because gRPC servers close connections that send frequent HTTP/2 pings.
    private static void NoticeVanishedHost(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 15);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
        // Otherwise data that nobody acknowledges is retransmitted for a quarter of an hour. This also ends a connection whose peer reads
        // nothing for as long.
        if (OperatingSystem.IsLinux())
            socket.SetRawSocketOption(TcpLevel, TcpUserTimeout, BitConverter.GetBytes(UnacknowledgedMilliseconds));
    }

    // The kernel knows about events that Router's threads have not processed yet: that the connection is established, or that the next part
    // of the handshake has arrived.
    private static bool HasResponded(Socket socket, bool connected)
    {
        try
        {
            return connected ? socket.Available > 0 : socket.Poll(0, SelectMode.SelectWrite);
        }
        catch (Exception ended) when (ended is ObjectDisposedException or SocketException)
        {
            // The attempt has just failed by itself.
            return false;
        }
    }

    private static ForwardFailure? FailureOf(Exception error) =>
        error switch
        {
            OperationCanceledException => ForwardFailure.ConnectTimeout,
            SocketException => ForwardFailure.ConnectFailed,
            AuthenticationException or IOException => ForwardFailure.TlsFailed,
            _ => null,
        };
}
