using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Router.Tests.Harness;

/// <summary>Stands between a client and a server, and keeps what the client sends from a word on until the test lets it through.</summary>
internal sealed class HoldingRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _letThrough = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] _word;
    private readonly int _server;
    private readonly Task _accepting;

    private HoldingRelay(int server, string word)
    {
        (_server, _word) = (server, Encoding.ASCII.GetBytes(word));
        _listener.Start();
        _accepting = AcceptAllAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Ends when the word has come and is kept.</summary>
    public Task Held => _held.Task.InTime();

    public static HoldingRelay Start(int server, string word) => new(server, word);

    public void LetThrough() => _letThrough.SetResult();

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
                await await Task.WhenAny(ForthAsync(client.GetStream(), server.GetStream()), server.GetStream().CopyToAsync(client.GetStream(), _end.Token));
            }
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException or SocketException)
        {
        }
    }

    private async Task ForthAsync(NetworkStream client, NetworkStream server)
    {
        var buffer = new byte[16 * 1024];
        while (await client.ReadAsync(buffer, _end.Token) is > 0 and var count)
        {
            if (buffer.AsSpan(0, count).IndexOf(_word) >= 0)
            {
                _held.TrySetResult();
                await _letThrough.Task.WaitAsync(_end.Token);
            }

            await server.WriteAsync(buffer.AsMemory(0, count), _end.Token);
        }
    }
}
