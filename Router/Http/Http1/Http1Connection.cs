using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Router.Http.Http1;

/// <summary>A connection to a backend and the data read ahead on it. It carries one request at a time.</summary>
public sealed class Http1Connection(Stream stream, Socket socket, IPAddress address) : IDisposable
{
    /// <summary>The maximum length of a response head in bytes.</summary>
    public const int MaxHead = 64 * 1024;

    private const int BufferSize = 16 * 1024;

    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private Task<int>? _idleRead;
    private ValueTask<int> _read;
    private bool _isReading;
    private int _disposed;

    /// <summary>The stream, with TLS decrypted.</summary>
    public Stream Stream => stream;

    /// <summary>Writes requests to the connection.</summary>
    public Http1RequestWriter Writer { get; } = new(stream);

    /// <summary>The backend's IP address.</summary>
    public IPAddress Address => address;

    /// <summary>Whether an earlier request on it has completed successfully.</summary>
    public bool HasServed { get; private set; }

    /// <summary>The head of the last response on it.</summary>
    public ResponseHead Head { get; } = new();

    /// <summary>When it became idle, in ticks of the pool's clock.</summary>
    public long IdleSince { get; private set; }

    public bool IsDisposed => Volatile.Read(ref _disposed) == 1;

    /// <summary>The bytes that have been read and not yet consumed.</summary>
    public ReadOnlySpan<byte> Buffered => _buffer.AsSpan(_start, _end - _start);

    /// <summary>
    /// Whether an idle connection has nothing to read. If there is something, the connection has ended or carries an unsolicited response.
    /// </summary>
    public bool IsQuiet()
    {
        try
        {
            // The socket knows nothing about data that TLS has already decrypted, nor whether pending data is only TLS records without a
            // response: a zero-byte read completes when there is something to read.
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
    /// Prepares an idle connection for another request by starting to read the response before the request is sent. Returns false if there
    /// is already something to read. This costs less than polling the socket first: reading a response has to wait in any case.
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

    /// <summary>Marks the connection as idle. An idle connection holds no buffer.</summary>
    public void BecomeIdle(long now)
    {
        HasServed = true;
        IdleSince = now;
        if (!_isReading)
            ReturnBuffer();
        Head.BecomeIdle();
        Writer.BecomeIdle();
    }

    /// <summary>Consumes buffered bytes.</summary>
    public void Consume(int count) => _start += count;

    /// <summary>Reads more data into the buffer. Call <see cref="Filled"/> afterwards.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="InvalidDataException">The buffer is full and the expected end has not arrived.</exception>
    public ValueTask<int> FillAsync(CancellationToken cancellationToken)
    {
        if (_idleRead is not null)
            return FillAfterIdleAsync(cancellationToken);
        if (!_isReading)
            BeginRead(cancellationToken);
        _isReading = false;
        return _read;
    }

    /// <summary>Adds the bytes read to the buffer; false if there are none, which means the connection has ended.</summary>
    public bool Filled(int count)
    {
        _end += count;
        return count > 0;
    }

    /// <summary>Reads available data, from the buffer first; 0 at the end of the connection.</summary>
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

    /// <summary>Signals the backend that nothing more will be written.</summary>
    public async ValueTask FinishWritingAsync()
    {
        if (stream is SslStream tls)
            await tls.ShutdownAsync().ConfigureAwait(false);
        socket.Shutdown(SocketShutdown.Send);
    }

    public void Dispose()
    {
        // The buffer is left to the garbage collector: an aborted read may still write to it.
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
