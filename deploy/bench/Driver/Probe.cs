using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Router.Bench;

/// <summary>One request over a connection of its own, and its response to the last byte.</summary>
internal sealed record Probe(int Status, int Length, int TotalBytes)
{
    public static async Task<Probe> AskAsync(int port, LoadCase load)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return await AskAsync(socket, load);
    }

    /// <summary>Asks over a connection that is there already.</summary>
    public static async Task<Probe> AskAsync(Socket socket, LoadCase load)
    {
        await SendAsync(socket, Encoding.ASCII.GetBytes(load.Head + new string('x', load.UploadLength)));
        var buffer = new byte[16 * 1024];
        var (filled, end) = (0, -1);
        while (end < 0)
        {
            filled += await ReceiveAsync(socket, buffer.AsMemory(filled));
            end = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8);
        }

        var head = Encoding.Latin1.GetString(buffer, 0, end);
        var status = int.Parse(head.Split(' ', 3)[1]);
        var length = head.Split("\r\n").FirstOrDefault(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
            is { } header
            ? int.Parse(header.Split(':')[1])
            : throw new BenchException($"{load.Name}: a response without Content-Length: {head}");
        var total = end + 4 + length;
        while (filled < total)
            filled += await ReceiveAsync(socket, buffer);
        if (filled != total || status != load.Status || (load.Length ?? length) != length)
            throw new BenchException($"{load.Name}: status {status}, {length} bytes, and not {load.Status}, {load.Length}: {head}");
        return new Probe(status, length, total);
    }

    /// <summary>The text of the response to a request that ends its connection, as far as it is Latin-1.</summary>
    /// <param name="port">Where the server listens.</param>
    /// <param name="head">The request line and the headers, without the empty line.</param>
    public static async Task<string> TextAsync(int port, string head)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port);
        await SendAsync(socket, Encoding.ASCII.GetBytes(head + "\r\n"));
        using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync();
    }

    private static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await socket.SendAsync(bytes)..];
    }

    private static async Task<int> ReceiveAsync(Socket socket, Memory<byte> buffer) =>
        await socket.ReceiveAsync(buffer) is var count and > 0 ? count : throw new BenchException("the connection ended in a response");
}
