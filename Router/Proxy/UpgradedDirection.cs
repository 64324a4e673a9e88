using System.Buffers;
using Router.Http;
using Router.Proxy.InFlight;

namespace Router.Proxy;

/// <summary>
/// One direction of an upgraded connection. For WebSockets it tracks the frames that pass, so that a close frame can be inserted between
/// two of them and never inside one.
/// </summary>
/// <param name="from">The source.</param>
/// <param name="to">The target.</param>
/// <param name="closeCode">Returns the code of the close frame when one is to be sent.</param>
/// <param name="masked">Whether frames in this direction are masked.</param>
/// <param name="closing">Cancelled when the connection is to be closed; never cancelled for a protocol without frames.</param>
/// <param name="isOver">Whether nothing may be written any more. Checked before each piece, for a process that resumes after its lease has
/// expired.</param>
/// <param name="taker">Limits how long the target may take for a piece; null for no limit.</param>
public sealed class UpgradedDirection(
    Stream from,
    Stream to,
    Func<ushort> closeCode,
    bool masked,
    CancellationToken closing,
    Func<bool>? isOver = null,
    RequestDeadline? taker = null
) : IDisposable
{
    private readonly SemaphoreSlim _writing = new(1);
    private WebSocketFrames _frames;
    private bool _closed;

    /// <summary>How many bytes have been copied. Read this only after the copying has ended.</summary>
    public long Copied { get; private set; }

    /// <summary>Whether the source broke, and not the target.</summary>
    public bool SourceBroke { get; private set; }

    /// <summary>Whether Router has inserted a close frame, so that the target knows that the connection is about to end.</summary>
    public bool HasAskedToClose => _closed;

    /// <summary>Whether the source has sent a close frame.</summary>
    public bool SourceHasClosed => _frames.HasClosed;

    /// <summary>Reads and discards the remaining data until the source ends.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        while (await ReadAsync(buffer, cancellationToken).ConfigureAwait(false) > 0) { }

        // Only if nothing can be writing to it any more.
        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>Copies until the source ends.</summary>
    public async Task CopyAsync(CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        var close = new CloseRequest(this, cancellationToken);
        using var registration = closing.UnsafeRegister(static state => ((CloseRequest)state!).Start(), close);
        try
        {
            while (await ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
            {
                await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
                try
                {
                    // Nothing may follow a close frame (RFC 6455 section 5.5.1). Further data is read and discarded until the source
                    // closes.
                    if (_closed)
                    {
                        _frames.Pass(buffer.AsSpan(0, count));
                        continue;
                    }

                    if (isOver?.Invoke() == true)
                        throw new IOException("nothing may be sent any more");
                    taker?.PauseForClient();
                    await to.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
                    await to.FlushAsync(cancellationToken).ConfigureAwait(false);
                    Copied += count;
                    taker?.ResumeFromClient(Copied);
                    if (closing.CanBeCanceled)
                        _frames.Pass(buffer.AsSpan(0, count));
                    await CloseBetweenFramesAsync(cancellationToken).ConfigureAwait(false);
                }
                finally
                {
                    _writing.Release();
                }
            }
        }
        finally
        {
            await registration.DisposeAsync().ConfigureAwait(false);
            await close.Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public void Dispose() => _writing.Dispose();

    private async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await from.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            SourceBroke = true;
            throw;
        }
    }

    private async ValueTask CloseBetweenFramesAsync(CancellationToken cancellationToken)
    {
        if (_closed || !closing.IsCancellationRequested || !_frames.IsBetween)
            return;
        _closed = true;
        await to.WriteAsync(WebSocketFrames.Close(closeCode(), masked), cancellationToken).ConfigureAwait(false);
        await to.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends the close frame on a connection that is idle when it is to be closed.</summary>
    private sealed class CloseRequest(UpgradedDirection direction, CancellationToken cancellationToken)
    {
        public Task Ended { get; private set; } = Task.CompletedTask;

        public void Start() => Ended = CloseAsync();

        private async Task CloseAsync()
        {
            await direction._writing.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await direction.CloseBetweenFramesAsync(cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                direction._writing.Release();
            }
        }
    }
}
