using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Router.Http.Http1;

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
    private ValueTask<int> _read;
    private bool _isReading;
    private int _disposed;

    /// <summary>The bytes, decrypted.</summary>
    public Stream Stream => stream;

    /// <summary>Writes on it.</summary>
    public Http1RequestWriter Writer { get; } = new(stream);

    /// <summary>Where it leads.</summary>
    public IPAddress Address => address;

    /// <summary>Whether an exchange has ended well on it before.</summary>
    public bool HasServed { get; private set; }

    /// <summary>The head of the last answer on it.</summary>
    public ResponseHead Head { get; } = new();

    /// <summary>When it became idle, in ticks of the pool's clock.</summary>
    public long IdleSince { get; private set; }

    /// <summary>Whether it has been closed.</summary>
    public bool IsDisposed => Volatile.Read(ref _disposed) == 1;

    /// <summary>What has been read and not consumed.</summary>
    public ReadOnlySpan<byte> Buffered => _buffer.AsSpan(_start, _end - _start);

    /// <summary>
    /// Whether an idle connection has nothing to read. One that has, has ended, or has an answer that nobody asked for.
    /// </summary>
    public bool IsQuiet()
    {
        try
        {
            // The socket tells nothing about what TLS has decrypted already, nor about its own records, which are no answers:
            // a read of nothing ends when there is something to read.
            if (stream is SslStream && !_isReading)
                _idleRead ??= stream.ReadAsync(Memory<byte>.Empty).AsTask();
            return !IsDisposed
                && (
                    _idleRead is { } idle ? !idle.IsCompleted
                    : _isReading ? !_read.IsCompleted
                    : !socket.Poll(0, SelectMode.SelectRead)
                );
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>
    /// Makes an idle connection ready for another request, by reading the answer before it is asked for; false where there is something
    /// to read already. That costs less than to ask the socket first: an answer's read waits first in any case.
    /// </summary>
    public bool TryBegin()
    {
        try
        {
            if (_idleRead is null && !_isReading)
                BeginRead(CancellationToken.None);
            return IsQuiet();
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Lays the connection aside. An idle one holds no buffer.</summary>
    public void BecomeIdle(long now)
    {
        HasServed = true;
        IdleSince = now;
        if (!_isReading)
            ReturnBuffer();
        Head.BecomeIdle();
        Writer.BecomeIdle();
    }

    /// <summary>Consumes bytes that are buffered.</summary>
    public void Consume(int count) => _start += count;

    /// <summary>Reads more into the buffer. To be followed by <see cref="Filled"/>.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="InvalidDataException">The buffer is full: what should end does not.</exception>
    public ValueTask<int> FillAsync(CancellationToken cancellationToken)
    {
        if (_idleRead is not null)
            return FillAfterIdleAsync(cancellationToken);
        if (!_isReading)
            BeginRead(cancellationToken);
        _isReading = false;
        return _read;
    }

    /// <summary>So many bytes have come; false where they are none, which is the end of the connection.</summary>
    public bool Filled(int count)
    {
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

    public void Dispose()
    {
        // The buffer is left to the collector: a read that is being cut off may still write to it.
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            stream.Dispose();
    }

    private void BeginRead(CancellationToken cancellationToken)
    {
        MakeRoom();
#pragma warning disable CA2012 // It is consumed once: by FillAsync, which gives it away.
        _read = stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
#pragma warning restore CA2012
        _isReading = true;
    }

    private async ValueTask<int> FillAfterIdleAsync(CancellationToken cancellationToken)
    {
        await _idleRead!.WaitAsync(cancellationToken).ConfigureAwait(false);
        _idleRead = null;
        return await FillAsync(cancellationToken).ConfigureAwait(false);
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
            throw new InvalidDataException($"its header does not end within {MaxHead} bytes");
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
