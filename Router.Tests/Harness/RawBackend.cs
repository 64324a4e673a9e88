using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Router.Tests.Harness;

/// <summary>
/// A backend that does what no HTTP server would: half bodies, resets, silence, one byte at a time. Either a script serves each
/// connection, or the test takes the connections itself and plays the backend line by line. All received bytes are kept.
/// </summary>
internal sealed class RawBackend : IAsyncDisposable
{
    // When it has stopped listening, nobody else begins to on its port.
    private readonly ReservedPort _port = new();
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentDictionary<RawConnection, bool> _connections = [];
    private readonly Channel<RawConnection> _unserved = Channel.CreateUnbounded<RawConnection>();
    private readonly Channel<RawMessage> _requests = Channel.CreateUnbounded<RawMessage>();
    private readonly Task _accepting;
    private int _made;

    private RawBackend(Func<RawConnection, Task>? script)
    {
        _listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _listener.Bind(_port.Endpoint);
        _listener.Listen(512);
        _accepting = AcceptAllAsync(script);
    }

    /// <summary>Scheme, host and port.</summary>
    public string Address => $"http://{Authority}";

    /// <summary>Host and port: what <c>Host</c> must say.</summary>
    public string Authority => _port.Endpoint.ToString();

    /// <summary>How many connections were made.</summary>
    public int Connections => Volatile.Read(ref _made);

    /// <summary>A backend whose connections the test takes with <see cref="AcceptAsync"/>.</summary>
    public static RawBackend Start() => new(null);

    /// <summary>A backend that a script serves, connection by connection.</summary>
    public static RawBackend Start(Func<RawConnection, Task> script) => new(script);

    /// <summary>A backend that reads each request in full and gives the same bytes as the response.</summary>
    public static RawBackend Responding(string response)
    {
        RawBackend? backend = null;
        var made = new TaskCompletionSource<RawBackend>(TaskCreationOptions.RunContinuationsAsynchronously);
        backend = new RawBackend(async connection =>
        {
            var self = await made.Task;
            while (await connection.ReadMessageAsync() is { } request)
            {
                self._requests.Writer.TryWrite(request);
                await connection.WriteAsync(response);
            }
        });
        made.SetResult(backend);
        return backend;
    }

    /// <summary>A backend that responds 200 with a short text.</summary>
    public static RawBackend RespondingText(string text) =>
        Responding($"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {text.Length}\r\n\r\n{text}");

    /// <summary>From now on nobody can connect; connections that are open stay so.</summary>
    public void StopListening() => _listener.Dispose();

    /// <summary>The next connection.</summary>
    public Task<RawConnection> AcceptAsync() => _unserved.Reader.ReadAsync().InTime();

    /// <summary>The next request that an <see cref="Responding"/> backend got.</summary>
    public Task<RawMessage> RequestAsync() => _requests.Reader.ReadAsync().InTime();

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        foreach (var connection in _connections.Keys)
            connection.Dispose();
        _port.Dispose();
    }

    private async Task AcceptAllAsync(Func<RawConnection, Task>? script)
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync();
                socket.NoDelay = true;
                // A script waits for the next request as long as Router keeps the connection: if it gave up, the connection would stay open
                // and swallow that request. The test's own side has the limit.
                var connection = new RawConnection(socket, script is null ? Deadlines.Limit : Timeout.InfiniteTimeSpan);
                _connections[connection] = true;
                Interlocked.Increment(ref _made);
                if (script is null)
                    _unserved.Writer.TryWrite(connection);
                else
                    _ = ServeAsync(script, connection);
            }
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException) { }
    }

    // A script ends with its connection: Router may drop that at any time, and a test looks at what the client saw.
    private async Task ServeAsync(Func<RawConnection, Task> script, RawConnection connection)
    {
        try
        {
            await script(connection);
        }
        catch (Exception gone) when (gone is IOException or SocketException or ObjectDisposedException or TimeoutException) { }
        finally
        {
            // One that its script leaves open stays so until the backend goes.
            if (connection.IsDisposed)
                _connections.TryRemove(connection, out _);
        }
    }
}
