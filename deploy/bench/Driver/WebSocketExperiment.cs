using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Router.Bench;

/// <summary>Messages of a hundred bytes that go to the backend and come back, one at a time on each connection.</summary>
internal static class WebSocketExperiment
{
    private const int PayloadLength = 100;

    // RFC 6455 section 5.2: a text message in one frame; the client's is masked, here with zeros, so that only the header differs.
    private static readonly byte[] FromClient = [0x81, 0x80 | PayloadLength, 0, 0, 0, 0, .. Enumerable.Repeat((byte)'x', PayloadLength)];
    private static readonly byte[] FromServer = [0x81, PayloadLength, .. Enumerable.Repeat((byte)'x', PayloadLength)];

    // The key and the response to it are the ones of RFC 6455 section 1.3.
    private static readonly byte[] Opening =
    [
        .. "GET /ws HTTP/1.1\r\nHost: www.example.org\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"u8,
        .. "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"u8,
    ];
    private static readonly byte[] Opened =
    [
        .. "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"u8,
        .. "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"u8,
    ];

    public static async Task RunAsync(Lab lab, BenchResult result)
    {
        using var listener = new TcpListener(IPAddress.Loopback, lab.Backend.EchoPort);
        listener.Start(1024);
        var echo = EchoAsync(listener);
        var contestants = new List<(string Name, ServerProcess Process)>();
        foreach (var peer in lab.Options.Peers.Where(peer => peer is not Contestants.NginxClose))
        {
            contestants.Add((Contestants.NameOf(peer), await lab.Start(peer).ListensAsync()));
            await TalkAsync(lab, contestants[^1].Process, TimeSpan.FromSeconds(Contestants.WarmUpSeconds(peer)));
        }

        for (var round = 0; round < lab.Options.Rounds; round++)
        {
            foreach (var (name, process) in contestants)
            {
                var (messages, used, seconds) = await TalkAsync(lab, process, TimeSpan.FromSeconds(lab.Options.Seconds));
                result.Add("websocket", name, Figure.Cpu, used / messages);
                result.Add("websocket", name, Figure.Rate, messages / seconds);
            }
        }

        lab.Stop(contestants.Select(contestant => contestant.Process));
        listener.Stop();
        await echo;
    }

    private static async Task<(double Messages, double Microseconds, double Seconds)> TalkAsync(
        Lab lab,
        ServerProcess process,
        TimeSpan time
    )
    {
        var sockets = await Task.WhenAll(Enumerable.Range(0, lab.Options.Connections).Select(_ => OpenAsync(process.Port)));
        var before = ProcessTimes.Microseconds(process.Tree);
        var clock = Stopwatch.StartNew();
        var messages = await Task.WhenAll(
            sockets.Select(async socket =>
            {
                var count = 0;
                for (var buffer = new byte[1024]; clock.Elapsed < time; count++)
                {
                    await socket.SendAsync(FromClient);
                    await ReceiveAsync(socket, buffer.AsMemory(0, FromServer.Length));
                    if (!buffer.AsSpan(0, FromServer.Length).SequenceEqual(FromServer))
                        throw new BenchException("websocket: another message than was sent");
                }

                return count;
            })
        );
        // There and back are two messages.
        var measured = (2.0 * messages.Sum(), ProcessTimes.Microseconds(process.Tree) - before, clock.Elapsed.TotalSeconds);
        foreach (var socket in sockets)
            socket.Dispose();
        return measured;
    }

    private static async Task<Socket> OpenAsync(int port)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        await socket.SendAsync(Opening);
        var head = await HeadAsync(socket);
        if (!head.AsSpan().StartsWith("HTTP/1.1 101 "u8))
            throw new BenchException("websocket: no upgrade");
        return socket;
    }

    // The echoes end with their connections, and the listener with the experiment.
    private static async Task EchoAsync(TcpListener listener)
    {
        var echoes = new List<Task>();
        while (true)
        {
            try
            {
                echoes.Add(EchoAsync(await listener.AcceptSocketAsync()));
            }
            catch (SocketException)
            {
                await Task.WhenAll(echoes);
                return;
            }
        }
    }

    private static async Task EchoAsync(Socket socket)
    {
        using (socket)
        {
            socket.NoDelay = true;
            try
            {
                await HeadAsync(socket);
                await socket.SendAsync(Opened);
                for (var buffer = new byte[FromClient.Length]; ; )
                {
                    await ReceiveAsync(socket, buffer);
                    await socket.SendAsync(FromServer);
                }
            }
            catch (Exception exception) when (exception is BenchException or SocketException)
            {
                // The client has said all that it had to say.
            }
        }
    }

    private static async Task<byte[]> HeadAsync(Socket socket)
    {
        var head = new List<byte>();
        for (var one = new byte[1]; !head.TakeLast(4).SequenceEqual("\r\n\r\n"u8.ToArray()); head.Add(one[0]))
            await ReceiveAsync(socket, one);
        return [.. head];
    }

    private static async Task ReceiveAsync(Socket socket, Memory<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var count = await socket.ReceiveAsync(buffer);
            if (count == 0)
                throw new BenchException("websocket: the connection ended");
            buffer = buffer[count..];
        }
    }
}
