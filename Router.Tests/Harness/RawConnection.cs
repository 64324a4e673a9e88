using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Router.Tests.Harness;

/// <summary>How a connection came to its end.</summary>
internal enum Ending
{
    /// <summary>The other side said that nothing more comes.</summary>
    Finished,

    /// <summary>The other side tore it down.</summary>
    Reset,
}

/// <summary>
/// One TCP connection, a client's or a backend's, on which a test writes and reads the very bytes. Text is Latin-1: a character is an
/// octet.
/// </summary>
internal sealed class RawConnection(Socket socket, TimeSpan readLimit) : IDisposable
{
    private readonly NetworkStream _stream = new(socket, ownsSocket: true);
    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly List<byte> _received = [];
    private int _consumed;

    /// <summary>Everything that has been received so far.</summary>
    public string Received => Encoding.Latin1.GetString([.. _received]);

    /// <summary>Whether the test has closed it.</summary>
    public bool IsDisposed { get; private set; }

    public RawConnection(Socket socket)
        : this(socket, Deadlines.Limit) { }

    public static async Task<RawConnection> OpenAsync(IPEndPoint address)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address).InTime();
        return new RawConnection(socket);
    }

    public Task WriteAsync(string text) => WriteAsync(Encoding.Latin1.GetBytes(text));

    public Task WriteAsync(ReadOnlyMemory<byte> bytes) => _stream.WriteAsync(bytes).InTime();

    /// <summary>Writes for as long as the other side takes it, up to a bound; gives the number of bytes when it has stalled.</summary>
    /// <param name="bound">The number of bytes after which to give up.</param>
    /// <param name="stall">
    /// How long a single write may take until it counts as stalled, in turns of this process: where the machine gives Router no time, it
    /// gives none to the turns. A test asserts as well that the buffers before the reader that does not read were filled.
    /// </param>
    /// <param name="text">What is written again and again; zeros where it is left out.</param>
    public async Task<long> WriteUntilItStallsAsync(long bound, TimeSpan stall, string? text = null)
    {
        var piece = text is null ? new byte[16 * 1024] : Encoding.Latin1.GetBytes(text);
        var written = 0L;
        while (written < bound)
        {
            using var end = new CancellationTokenSource();
            var writing = socket.SendAsync(piece, end.Token).AsTask();
            if (!await writing.EndsWithinAsync(stall))
                await end.CancelAsync();
            try
            {
                written += await writing;
            }
            catch (OperationCanceledException)
            {
                return written;
            }
        }

        return written;
    }

    /// <summary>Reads up to and with the empty line.</summary>
    public Task<string> ReadHeadAsync() => ReadThroughAsync("\r\n\r\n");

    /// <summary>Reads up to and with a mark.</summary>
    public async Task<string> ReadThroughAsync(string mark)
    {
        var bytes = Encoding.Latin1.GetBytes(mark);
        var from = _consumed;
        while (true)
        {
            if (CollectionsMarshal.AsSpan(_received)[from..].IndexOf(bytes) is >= 0 and var at)
                return TakeText(from + at + bytes.Length - _consumed);
            // The mark may have begun.
            from = Math.Max(from, _received.Count - bytes.Length + 1);
            if (!await ReceiveAsync())
                throw new IOException($"The connection ended before '{mark}': {TakeText(_received.Count - _consumed)}");
        }
    }

    public async Task<string> ReadExactlyAsync(int count) => Encoding.Latin1.GetString(await ReadBytesAsync(count));

    /// <summary>
    /// Reads a whole message: its head, and the body that <c>Content-Length</c> or chunks frame. Null where the connection ends instead.
    /// </summary>
    public async Task<RawMessage?> ReadMessageAsync(bool hasBody = true)
    {
        while (_received.Count == _consumed)
        {
            if (!await ReceiveAsync())
                return null;
        }

        var head = new RawMessage(await ReadHeadAsync());
        return hasBody ? await ReadBodyAsync(head) : head;
    }

    /// <summary>Reads the body that belongs to a head that has been read.</summary>
    public async Task<RawMessage> ReadBodyAsync(RawMessage head)
    {
        if (head.Value("Content-Length") is { } length)
            return head with { Content = await ReadBytesAsync(int.Parse(length, CultureInfo.InvariantCulture)) };
        return head.Value("Transfer-Encoding") is null ? head : head with { Content = await ReadChunksAsync() };
    }

    /// <summary>Reads what is left until the connection ends, one way or the other.</summary>
    public async Task<(string Text, Ending Ending)> ReadToEndAsync()
    {
        try
        {
            while (await ReceiveAsync()) { }

            return (TakeText(_received.Count - _consumed), Ending.Finished);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            return (TakeText(_received.Count - _consumed), Ending.Reset);
        }
    }

    /// <summary>Says that nothing more will be written.</summary>
    public void FinishWriting() => socket.Shutdown(SocketShutdown.Send);

    /// <summary>Tears the connection down with a reset.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    public void Dispose()
    {
        IsDisposed = true;
        _stream.Dispose();
    }

    private async Task<byte[]> ReadBytesAsync(int count)
    {
        _received.EnsureCapacity(_consumed + count);
        while (_received.Count - _consumed < count)
        {
            if (!await ReceiveAsync())
                throw new IOException($"The connection ended before {count} bytes");
        }

        return Take(count);
    }

    private async Task<byte[]> ReadChunksAsync()
    {
        var chunks = new List<byte[]>();
        while (true)
        {
            var size = int.Parse((await ReadThroughAsync("\r\n")).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            chunks.Add(await ReadBytesAsync(size));
            await ReadBytesAsync(2);
            if (size == 0)
                return Joined(chunks);
        }
    }

    private async Task<bool> ReceiveAsync()
    {
        var count = await _stream.ReadAsync(_buffer).AsTask().WaitAsync(readLimit);
        _received.AddRange(_buffer.AsSpan(0, count));
        return count > 0;
    }

    private static byte[] Joined(List<byte[]> pieces)
    {
        var whole = new byte[pieces.Sum(piece => piece.Length)];
        var at = 0;
        foreach (var piece in pieces)
        {
            piece.CopyTo(whole, at);
            at += piece.Length;
        }

        return whole;
    }

    private byte[] Take(int count)
    {
        _consumed += count;
        return CollectionsMarshal.AsSpan(_received).Slice(_consumed - count, count).ToArray();
    }

    private string TakeText(int count) => Encoding.Latin1.GetString(Take(count));
}
