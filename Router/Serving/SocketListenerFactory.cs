using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Router.Serving;

/// <summary>
/// Listens like the server's own transport, with its sockets, options and connections, except for one thing: when no descriptor is left,
/// the server's accept loop retries at once, forever, on a thread that open connections need. This one pauses.
/// </summary>
public sealed class SocketListenerFactory(
    IOptions<SocketTransportOptions> options,
    IMemoryPoolFactory<byte> memory,
    AcceptFailures failures,
    ILoggerFactory loggers
) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <summary>Unix sockets and inherited handles are left to the server.</summary>
    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        Socket? socket = null;
        try
        {
            socket = options.Value.CreateBoundListenSocket(endpoint);
            socket.Listen(options.Value.Backlog);
            return ValueTask.FromResult<IConnectionListener>(new Listener(socket, options.Value.NoDelay, CreateConnections(), failures));
        }
        catch (SocketException error)
        {
            socket?.Dispose();
            // The server's own exception for this, which it reports as a failure to bind.
            if (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
                throw new AddressInUseException(error.Message, error);
            throw;
        }
    }

    private SocketConnectionContextFactory CreateConnections()
    {
        var transport = options.Value;
        var connection = new SocketConnectionFactoryOptions
        {
            IOQueueCount = transport.IOQueueCount,
            MaxReadBufferSize = transport.MaxReadBufferSize,
            MaxWriteBufferSize = transport.MaxWriteBufferSize,
            UnsafePreferInlineScheduling = transport.UnsafePreferInlineScheduling,
            WaitForDataBeforeAllocatingBuffer = transport.WaitForDataBeforeAllocatingBuffer,
        };
        SetMemory(connection, memory);
        return new SocketConnectionContextFactory(
            connection,
            loggers.CreateLogger("Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets")
        );
    }

    // The only transport option without a public counterpart for a single connection. Resolved at compile time.
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_MemoryPoolFactory")]
    private static extern void SetMemory(SocketConnectionFactoryOptions options, IMemoryPoolFactory<byte> memory);

    private sealed class Listener(Socket socket, bool noDelay, SocketConnectionContextFactory connections, AcceptFailures failures)
        : IConnectionListener
    {
        public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (true)
            {
                try
                {
                    var accepted = await socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
                    accepted.NoDelay = noDelay;
                    return connections.Create(accepted);
                }
                catch (Exception end)
                    when (end is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
                {
                    // Unbound: the server expects no more connections.
                    return null;
                }
                catch (SocketException error)
                    when (error.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable)
                {
                    await failures.NoteAndPauseAsync(error.Message).ConfigureAwait(false);
                }
                catch (SocketException)
                {
                    // The client reset its connection while it waited to be accepted.
                }
            }
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            socket.Dispose();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            socket.Dispose();
            connections.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
