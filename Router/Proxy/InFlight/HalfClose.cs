using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Router.Headers;
using Router.Http;

namespace Router.Proxy.InFlight;

/// <summary>
/// Decides what it means when a client closes the sending side of its connection. The server treats this as the end of the connection, but
/// a client may half-close and still wait for the response (RFC 9112 section 9.6). A client that waits half-closes right after its request;
/// a client that disconnects closes later or resets the connection. Each connection has one instance, which replaces the server's
/// <see cref="IConnectionLifetimeFeature"/>.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and holds nothing; the transport may cancel it late.")]
public sealed class HalfClose : IConnectionLifetimeFeature
{
    /// <summary>
    /// How long after the end of its request a client may close its sending side and still be considered to be waiting for the response.
    /// </summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    // Linux: the level and the option for struct tcp_info, whose first byte is the TCP state, and the state in which only the peer has
    // closed. An open connection is in the first state.
    private const int Tcp = 6;
    private const int TcpInfo = 11;
    private const byte Established = 1;
    private const byte CloseWait = 8;

    // In server heartbeats, one per second.
    private const int BeatsWithoutRequest = 2;

    private readonly CancellationTokenSource _gone = new();
    private readonly ConnectionContext _connection;
    private readonly Socket _socket;
    private RequestDeadline? _request;
    private bool _inputEnded;
    private bool _isProbed;
    private int _beats;

    private HalfClose(ConnectionContext connection, Socket socket)
    {
        (_connection, _socket) = (connection, socket);
        ConnectionClosed = _gone.Token;
    }

    /// <summary>Cancelled when the client has disconnected.</summary>
    public CancellationToken ConnectionClosed { get; set; }

    /// <summary>The connection middleware that installs this feature.</summary>
    public static ConnectionDelegate Watch(ConnectionDelegate next) =>
        connection =>
        {
            if (
                !OperatingSystem.IsLinux()
                || connection.Features.Get<IConnectionSocketFeature>()?.Socket is not { ProtocolType: ProtocolType.Tcp } socket
            )
                return next(connection);
            var self = new HalfClose(connection, socket);
            var inputEnded = connection.ConnectionClosed;
            connection.ConnectionClosed = self.ConnectionClosed;
            connection.Features.Set<IConnectionLifetimeFeature>(self);
            connection.Transport = new ClientInput(connection.Transport);
            inputEnded.UnsafeRegister(static self => ((HalfClose)self!).InputEnded(), self);
            return next(connection);
        };

    public void Abort() => _connection.Abort();

    /// <summary>
    /// The token that is cancelled when a request's client disconnects. The server creates one for each request that asks for it; in
    /// HTTP/1.1 a request ends with its connection, which already has a token.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="connection">Its connection, where a half-closed one is distinguished; null elsewhere.</param>
    public static CancellationToken GoneOf(HttpContext context, out HalfClose? connection)
    {
        connection = null;
        if (!HttpProtocol.IsHttp11(context.Request.Protocol) || context.Feature<IConnectionLifetimeFeature>() is not { } lifetime)
            return context.RequestAborted;
        connection = lifetime as HalfClose;
        return lifetime.ConnectionClosed;
    }

    /// <summary>Registers the request that is now forwarded on this connection.</summary>
    public void Attach(RequestDeadline request) => Volatile.Write(ref _request, request);

    public void Detach() => Volatile.Write(ref _request, null);

    /// <summary>
    /// From now on, a half-closed connection counts as disconnected. Call it after the request's deadline requires input.
    /// </summary>
    public void RequireInput()
    {
        // Of these two events, this call and the end of the input, the later one sees the earlier one.
        Interlocked.MemoryBarrier();
        if (HasInputEnded)
            _gone.Cancel();
    }

    /// <summary>
    /// Whether the client has closed its side of the connection, or all of it. Known even while an unread body keeps the server from seeing
    /// the end of the input.
    /// </summary>
    public bool HasClientClosed => StateOf() != Established;

    /// <summary>Whether the server has seen the end of the client's input.</summary>
    public bool HasInputEnded => Volatile.Read(ref _inputEnded);

    private void InputEnded()
    {
        _inputEnded = true;
        Interlocked.MemoryBarrier();
        // While no request is being forwarded, the server itself ends a connection whose input has ended.
        if (
            IsHalfOpen()
            && Volatile.Read(ref _request) is null or { MayBeHalfClosed: true }
            && _connection.Features.Get<IConnectionHeartbeatFeature>() is { } heartbeat
        )
        {
            heartbeat.OnHeartbeat(static self => ((HalfClose)self).Beat(), this);
            return;
        }

        _gone.Cancel();
    }

    private void Beat()
    {
        if (_gone.IsCancellationRequested)
            return;
        _beats = Volatile.Read(ref _request) is null ? _beats + 1 : 0;
        if (_beats >= BeatsWithoutRequest || !IsHalfOpen() || !TryProbe())
            _gone.Cancel();
    }

    private bool IsHalfOpen() => StateOf() == CloseWait;

    // Null for a closed socket.
    private byte? StateOf()
    {
        // Most connections are closed by now, and querying a closed socket would throw an exception each time.
        if (!_socket.Connected)
            return null;
        try
        {
            Span<byte> state = stackalloc byte[1];
            return _socket.GetRawSocketOption(Tcp, TcpInfo, state) > 0 ? state[0] : null;
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    // A client that has closed both sides cannot be distinguished until it is sent something. Its kernel responds to a probe with a reset
    // once it has forgotten the connection, which takes Linux a minute.
    private bool TryProbe()
    {
        if (_isProbed)
            return true;
        _isProbed = true;
        try
        {
            _socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            _socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 5);
            _socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
            _socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            return true;
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }
}
