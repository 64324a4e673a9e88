using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Router.Forwarding.Http1;

/// <summary>A connection to a backend with what has been read ahead on it. One exchange at a time.</summary>
public sealed class Http1Connection(Stream stream, Socket socket, IPAddress address) : IDisposable
{
    /// <summary>How long a head may be, in bytes.</summary>
    public const int MaxHead = 64 * 1024;

    private const int BufferSize = 16 * 1024;

    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private Task<int>? _idleRead;
    private int _disposed;

    /// <summary>The bytes, decrypted.</summary>
    public Stream Stream => stream;

    /// <summary>Where it leads.</summary>
    public IPAddress Address => address;

    /// <summary>Whether an exchange has ended well on it before.</summary>
    public bool HasServed { get; private set; }

    /// <summary>When it became idle, in ticks of the pool's clock.</summary>
    public long IdleSince { get; private set; }

    /// <summary>Whether it has been closed.</summary>
    public bool IsDisposed => Volatile.Read(ref _disposed) == 1;

    /// <summary>What has been read and not consumed.</summary>
    public ReadOnlySpan<byte> Buffered => _buffer.AsSpan(_start, _end - _start);

    /// <summary>
    /// Whether an idle connection is good for another request. One that has something to read has ended,
    /// or has an answer that nobody asked for.
    /// </summary>
    public bool IsQuiet()
    {
        try
        {
            return !IsDisposed && (_idleRead is { } read ? !read.IsCompleted : !socket.Poll(0, SelectMode.SelectRead));
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Lays the connection aside. An idle one holds no buffer.</summary>
    public void BecomeIdle(long now)
    {
        HasServed = true;
        IdleSince = now;
        ReturnBuffer();
        // The socket tells nothing about what TLS has decrypted already, nor about its own records, which are no answers:
        // a read of nothing ends when there is something to read. It is the next exchange's first.
        if (stream is SslStream)
            _idleRead = stream.ReadAsync(Memory<byte>.Empty).AsTask();
    }

    /// <summary>Consumes bytes that are buffered.</summary>
    public void Consume(int count) => _start += count;

    /// <summary>Reads more into the buffer; false at the end of the connection.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="InvalidDataException">The buffer is full: what should end does not.</exception>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_idleRead is { } idle)
        {
            await idle.WaitAsync(cancellationToken).ConfigureAwait(false);
            _idleRead = null;
        }

        MakeRoom();
        var count = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        _end += count;
        return count > 0;
    }

    /// <summary>Reads what is there, from the buffer first; 0 at the end of the connection.</summary>
    public ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        var buffered = Buffered;
        if (buffered.IsEmpty)
            return stream.ReadAsync(destination, cancellationToken);
        var count = Math.Min(buffered.Length, destination.Length);
        buffered[..count].CopyTo(destination.Span);
        Consume(count);
        return ValueTask.FromResult(count);
    }

    /// <summary>Says that nothing more will be written.</summary>
    public async ValueTask FinishWritingAsync()
    {
        if (stream is SslStream tls)
            await tls.ShutdownAsync().ConfigureAwait(false);
        socket.Shutdown(SocketShutdown.Send);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The buffer is left to the collector: a read that is being cut off may still write to it.
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            stream.Dispose();
    }

    private void MakeRoom()
    {
        if (_start == _end)
            _start = _end = 0;
        if (_buffer.Length == 0)
            _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        if (_end < _buffer.Length)
            return;
        if (_start == 0 && _buffer.Length >= MaxHead)
            throw new InvalidDataException($"nothing ended within {MaxHead} bytes");
        var larger = _start > 0 ? _buffer : ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        Buffered.CopyTo(larger);
        if (larger != _buffer)
            ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _end, _start) = (larger, _end - _start, 0);
    }

    private void ReturnBuffer()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _start = _end = 0;
    }
}
