using System.Net;
using System.Net.Sockets;

namespace Router.Tests.Harness;

/// <summary>A network between a client and a server, which decides about all that goes through it.</summary>
internal abstract class LoopbackRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly int _server;
    private readonly Task _accepting;

    // A derived class has set its fields by their initializers before this accepts connections.
    protected LoopbackRelay(int server)
    {
        _server = server;
        _listener.Start();
        _accepting = AcceptAllAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _end.Dispose();
    }

    /// <summary>Whether these bytes go on, and when: what comes after them on the connection waits too.</summary>
    protected abstract ValueTask<bool> PassesAsync(ReadOnlyMemory<byte> bytes, bool toServer, CancellationToken end);

    private async Task AcceptAllAsync()
    {
        var served = new List<Task>();
        try
        {
            while (true)
                served.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(served);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
            using (var server = new TcpClient { NoDelay = true })
            {
                await server.ConnectAsync(IPAddress.Loopback, _server, _end.Token);
                var (forth, back) = (client.GetStream(), server.GetStream());
                await await Task.WhenAny(CopyAsync(forth, back, toServer: true), CopyAsync(back, forth, toServer: false));
            }
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException or SocketException) { }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, bool toServer)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReadAsync(buffer, _end.Token) is > 0 and var count)
        {
            if (await PassesAsync(buffer.AsMemory(0, count), toServer, _end.Token))
                await to.WriteAsync(buffer.AsMemory(0, count), _end.Token);
        }
    }
}
