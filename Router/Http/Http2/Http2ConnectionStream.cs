using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Router.Http.Http2;

/// <summary>
/// A backend's HTTP/2 connection, which ends with frames that state what its end means for each request. The framework's handler reports
/// one and the same error for a request that it had yet to send, for one that the backend may have processed, and for one whose response is
/// already complete. Only the second one is lost: the first may be sent again, and the third needs nothing. So the handler gets, in place
/// of the bare end of the connection, a GOAWAY frame with the last stream that has been sent (RFC 9113 section 6.8), and a RST_STREAM frame
/// with NO_ERROR for each stream that is still open (section 8.1).
/// </summary>
/// <param name="connection">The connection; TLS is established if the scheme is https.</param>
public sealed class Http2ConnectionStream(Stream connection) : AsyncStream
{
    // "PRI * HTTP/2.0", an empty line, "SM" and another empty line (RFC 9113 section 3.4).
    private const int PrefaceLength = 24;

    private readonly Lock _lock = new();
    private readonly FrameReader _sent = new(PrefaceLength);
    private readonly FrameReader _received = new();
    private readonly OpenStreams _streams = new();
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _hasReceived;
    private bool _isContinued;
    private bool _isClosed;
    private bool _hasEnded;
    private ReadOnlyMemory<byte> _end;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    // Only between frames, outside a header section, and after the backend's first frame, which must be SETTINGS.
    private bool MayInsert => _hasReceived && _received.IsBetweenFrames && !_isContinued;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_hasEnded)
        {
            try
            {
                var count = await connection.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
                if (count > 0)
                    NoteReceived(buffer.Span[..count]);
                // An empty buffer only waits for data.
                if (count > 0 || buffer.IsEmpty || !MayInsert)
                    return count;
            }
            catch (IOException) when (MayInsert)
            {
                // A reset ends the connection just as well.
            }

            End();
        }

        if (buffer.IsEmpty)
            return 0;
        // The handler closes a connection after GOAWAY as soon as its last request has ended.
        if (_end.IsEmpty)
            await _disposed.Task.ConfigureAwait(false);
        var length = Math.Min(buffer.Length, _end.Length);
        _end[..length].CopyTo(buffer);
        _end = _end[length..];
        return length;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!TryNoteSent(buffer.Span))
            return;
        try
        {
            await connection.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException error) when (_hasReceived && IsClosedByPeer(error))
        {
            // The handler would not read on after a failure. But what the backend sent before it closed the connection is still there:
            // responses, and perhaps a GOAWAY frame. The end of the connection follows it.
            lock (_lock)
                _isClosed = true;
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => connection.FlushAsync(cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            connection.Dispose();
            _disposed.TrySetResult();
        }

        base.Dispose(disposing);
    }

    private static bool IsClosedByPeer(IOException error) =>
        error.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.Shutdown };

    private void NoteReceived(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            while (_received.TryRead(ref bytes, out var frame))
            {
                _isContinued = frame.IsContinued;
                _streams.Received(frame);
                _hasReceived = true;
            }
        }
    }

    // False if the bytes must not be sent any more: their requests have been declared unprocessed, or are about to be.
    private bool TryNoteSent(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            if (_isClosed)
                return false;
            while (_sent.TryRead(ref bytes, out var frame))
                _streams.Sent(frame);
            return true;
        }
    }

    private void End()
    {
        lock (_lock)
        {
            (_isClosed, _hasEnded) = (true, true);
            _end = _streams.End();
        }
    }
}
