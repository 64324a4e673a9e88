using System.Net;
using System.Net.Sockets;

namespace Router.Tests.Harness;

/// <summary>A network between a Router and its Redis. Cut, it loses everything: connections stay, and no byte comes through.</summary>
internal sealed class CuttableRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly int _server;
    private readonly Task _accepting;
    private volatile bool _isCut;

    private CuttableRelay(int server)
    {
        _server = server;
        _listener.Start();
        _accepting = AcceptAllAsync();
    }

    public string Redis => $"redis://localhost:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public static CuttableRelay Start(int server) => new(server);

    public void Cut() => _isCut = true;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _end.Dispose();
    }

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
                await await Task.WhenAny(CopyAsync(forth, back), CopyAsync(back, forth));
            }
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException or SocketException)
        {
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReadAsync(buffer, _end.Token) is > 0 and var count)
        {
            if (!_isCut)
                await to.WriteAsync(buffer.AsMemory(0, count), _end.Token);
        }
    }
}
