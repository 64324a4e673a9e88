using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Router.Http;

namespace Router.Proxy.InFlight;

/// <summary>
/// Decides what it means that a client sends no more on its connection. The server takes it for the end of the connection, but a client may
/// close its sending side and still wait for the response (RFC 9112 section 9.6). One that waits closes it right after its request; one
/// that leaves does it later, or resets the connection. Each connection has one of these in the place of the server's
/// <see cref="IConnectionLifetimeFeature"/>.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and holds nothing; the transport may cancel it late.")]
public sealed class HalfClose : IConnectionLifetimeFeature
{
    /// <summary>How long after the end of its request a client may close its sending side and still be taken for one that waits.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    // Linux: the level and the option of struct tcp_info, whose first byte is the state, and the state in which only the peer has closed.
    private const int Tcp = 6;
    private const int TcpInfo = 11;
    private const byte CloseWait = 8;

    // Of the server's heartbeat, which comes once a second.
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

    /// <summary>Cancelled when the client is gone.</summary>
    public CancellationToken ConnectionClosed { get; set; }

    /// <summary>The connection middleware.</summary>
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

    /// <summary>A request of the connection is forwarded.</summary>
    public void Begin(RequestDeadline request) => Volatile.Write(ref _request, request);

    public void End() => Volatile.Write(ref _request, null);

    /// <summary>From now on a client that sends no more is gone. To be called after the request says so.</summary>
    public void RequireInput()
    {
        // Of the two, this and the end of the input, the later one sees the other.
        Interlocked.MemoryBarrier();
        if (_inputEnded)
            _gone.Cancel();
    }

    private void InputEnded()
    {
        _inputEnded = true;
        Interlocked.MemoryBarrier();
        // While no request is forwarded, the server itself ends a connection that brings no more.
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

    private bool IsHalfOpen()
    {
        // Most connections have ended by now, and to ask a closed socket would cost an exception each time.
        if (!_socket.Connected)
            return false;
        try
        {
            Span<byte> state = stackalloc byte[1];
            return _socket.GetRawSocketOption(Tcp, TcpInfo, state) > 0 && state[0] == CloseWait;
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    // A client that has closed all of its connection looks the same until it is sent something. Its system answers a probe with a reset as
    // soon as it has forgotten the connection, which takes Linux a minute.
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
