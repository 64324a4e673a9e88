using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Router.Headers;
using Router.Http;
using Router.Modes;
using Router.Proxy.InFlight;

namespace Router.Proxy;

/// <summary>Streams the client's body to the backend. Received data is always sent before waiting for more.</summary>
/// <param name="context">The server's view of the request.</param>
/// <param name="deadline">The request's deadlines.</param>
/// <param name="modes">Knows whether this instance has lost the mode store for longer than its lease.</param>
public sealed class RequestBody(HttpContext context, RequestContext request, RequestDeadline deadline, ModeController modes)
    : BackendRequestBody
{
    // A piece of this size usually means that more follows: half of what the server reads at once, part of which may be headers.
    private const int Block = 8 * 1024;
    private const int LargestPiece = 32 * 1024;

    // Only an HTTP/2 backend can declare a request unprocessed after it has received part of the body.
    private readonly SentBytes? _kept = request.Upstream!.Settings.Http2 ? new SentBytes(context.Request.ContentLength) : null;
    private volatile TaskCompletionSource _released = NewRelease();
    private Task _copying = Task.CompletedTask;
    private long _sent;
    private volatile bool _ended;
    private volatile bool _leftUnread;
    private int _stopped;
    private int _begun;

    public override bool ClientFailed => ClientError is not null;

    public override bool CanBeSent => Volatile.Read(ref _begun) == 0 || _kept is { IsComplete: true };

    /// <summary>Whether reading it has begun.</summary>
    public bool HasBegun => Volatile.Read(ref _begun) != 0;

    /// <summary>Why the body could not be read; null if it could.</summary>
    public Exception? ClientError { get; private set; }

    public override IReadOnlyList<KeyValuePair<string, string>> ReadTrailers()
    {
        if (context.Feature<IHttpRequestTrailersFeature>() is not { Available: true, Trailers.Count: > 0 } feature)
            return [];
        var trailers = new List<KeyValuePair<string, string>>();
        foreach (var (name, values) in feature.Trailers)
        {
            if (!HeaderSyntax.IsToken(name) || HeaderSyntax.HasControls(values))
            {
                ClientError = new InvalidDataException("a trailer has invalid characters");
                throw ClientError;
            }

            if (request.RequestRules.MayBeTrailer(name))
                trailers.AddRange(values.Select(value => KeyValuePair.Create(name, value ?? "")));
        }

        return trailers;
    }

    public override Task StopAsync()
    {
        Stop();
        _released.TrySetResult();
        // It may wait for credit that a backend which has responded need not give (RFC 9113 section 8.1).
        if (_kept is not null && !_copying.IsCompleted)
            deadline.EndUpload();
        return _ended || Volatile.Read(ref _begun) == 0 ? _copying : DiscardAsync();
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _begun, 1) == 0)
            return _copying = _kept is null
                ? CopyAsync(stream, cancellationToken)
                : AttemptAsync(null, stream, _released.Task, cancellationToken);
        // Data that has been read cannot be read again: a handler that starts over would send the remainder as the whole body.
        if (!CanBeSent)
            throw new IOException("the body can be sent only once");
        _released.TrySetResult();
        _released = NewRelease();
        return _copying = AttemptAsync(_copying, stream, _released.Task, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = context.Request.ContentLength ?? 0;
        return context.Request.ContentLength is not null;
    }

    protected override void Dispose(bool disposing)
    {
        // If the body was not sent to its end, something may still be reading from the buffer.
        if (disposing && _ended)
            _kept?.Release();
        base.Dispose(disposing);
    }

    private static TaskCompletionSource NewRelease() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // For an HTTP/1.1 body that is buffered completely, the server considers a read finished only when its bytes have been consumed. It
    // consumes them itself after the response, but not if the client has reset the connection in the meantime: then its next read of the
    // connection fails, and the server logs an error.
    private async Task DiscardAsync()
    {
        await _copying.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_leftUnread)
            return;
        try
        {
            if (context.Request.BodyReader.TryRead(out var rest))
                context.Request.BodyReader.AdvanceTo(rest.Buffer.End);
        }
        catch (Exception gone) when (gone is not OutOfMemoryException)
        {
            // The request was aborted, and the exception type depends on the server: there is nothing to discard.
        }
    }

    // One of several attempts to send the body. Each attempt ends with its own stream.
    private async Task AttemptAsync(Task? before, Stream stream, Task released, CancellationToken cancellationToken)
    {
        if (before is not null)
            await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // When the handler has returned the response, it no longer ends the upload with the request.
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            EndIfLapsed();
            if (before is not null && !_kept!.All.IsEmpty)
                await stream.WriteAsync(_kept.All, either.Token).ConfigureAwait(false);
            if (_ended)
                deadline.UploadEnded();
            else
                await CopyAsync(stream, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The handler reports why it gave up the stream only if its own wait for the response ends first.
            await released.ConfigureAwait(false);
            throw;
        }
    }

    // Other instances rely on nothing being sent after the lease has expired, not even by a process that was paused and resumes.
    private void EndIfLapsed()
    {
        if (modes.State.IsLapsed && deadline.Cut())
            throw new OperationCanceledException("the lease of this instance has expired");
    }

    private async Task CopyAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var stop = cancellationToken.UnsafeRegister(static self => ((RequestBody)self!).EndAttempt(), this);
        var reader = context.Request.BodyReader;
        deadline.UploadStarted();
        var gathered = false;
        while (true)
        {
            var reading = ReadAsync(reader, cancellationToken).AsTask();
            // Flush before waiting for more. This also sends headers that were held back for the first piece of the body.
            if (!reading.IsCompleted)
                await FlushAsync(stream, reader, reading, cancellationToken).ConfigureAwait(false);
            if (!reading.IsCompleted)
                deadline.WaitsForUpload();
            ReadResult read;
            try
            {
                read = await reading.ConfigureAwait(false);
            }
            catch
            {
                deadline.Received(_sent);
                throw;
            }

            deadline.Received(_sent + read.Buffer.Length);
            deadline.Touch();
            if (!gathered && !read.IsCompleted && read.Buffer.Length is >= Block and < LargestPiece)
            {
                // More data follows immediately: the server continues reading while another thread takes over here, and whatever it reads
                // in the meantime is sent in one piece. Everything received by then is sent, so nothing waits for data that may never come.
                reader.AdvanceTo(read.Buffer.Start);
                gathered = true;
                await Task.Yield();
                continue;
            }

            gathered = false;
            var copy = ReadOnlyMemory<byte>.Empty;
            try
            {
                EndIfLapsed();
                if (_kept is null || !_kept.TryAppend(read.Buffer, out copy))
                    await WriteAsync(stream, read.Buffer, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                GiveBack(reader, read);
                throw;
            }

            _sent += read.Buffer.Length;
            reader.AdvanceTo(read.Buffer.End);
            _ended = read.IsCompleted;
            if (!copy.IsEmpty)
                await stream.WriteAsync(copy, cancellationToken).ConfigureAwait(false);
            deadline.Touch();
            if (!_ended)
                continue;
            deadline.UploadEnded();
            return;
        }
    }

    // The server stores a body in segments. One system call per segment would cost more than copying them together.
    private static async ValueTask WriteAsync(Stream stream, ReadOnlySequence<byte> body, CancellationToken cancellationToken)
    {
        if (body.IsSingleSegment)
        {
            if (!body.IsEmpty)
                await stream.WriteAsync(body.First, cancellationToken).ConfigureAwait(false);
            return;
        }

        var piece = ArrayPool<byte>.Shared.Rent((int)Math.Min(body.Length, LargestPiece));
        while (!body.IsEmpty)
        {
            var count = (int)Math.Min(body.Length, piece.Length);
            body.Slice(0, count).CopyTo(piece);
            await stream.WriteAsync(piece.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            body = body.Slice(count);
        }

        // Only if nothing can be reading from it any more.
        ArrayPool<byte>.Shared.Return(piece);
    }

    private async ValueTask FlushAsync(Stream stream, PipeReader reader, Task<ReadResult> reading, CancellationToken cancellationToken)
    {
        try
        {
            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            // An abandoned read would conflict with the server's own read.
            EndAttempt();
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (reading.IsCompletedSuccessfully)
                GiveBack(reader, await reading.ConfigureAwait(false));
            throw;
        }
    }

    // A body that is fully kept can be sent on another stream. Any other body ends with its first stream.
    private void EndAttempt()
    {
        if (_kept is null)
            Stop();
        else
            EndRead();
    }

    // The server reads the rest of the body after the response. It logs an error if a read has not been completed by then.
    private void GiveBack(PipeReader reader, ReadResult read)
    {
        _leftUnread = true;
        try
        {
            reader.AdvanceTo(read.Buffer.Start);
        }
        catch (Exception gone) when (gone is not OutOfMemoryException)
        {
            // The request was aborted, and the exception type depends on the server: there is no remainder to read.
        }
    }

    private void Stop()
    {
        // Whichever runs second, this or the start of the copying, sees the other: a read that has yet to start is cancelled too.
        Interlocked.Exchange(ref _stopped, 1);
        EndRead();
    }

    private void EndRead()
    {
        if (Volatile.Read(ref _begun) == 0 || _ended)
            return;
        try
        {
            context.Request.BodyReader.CancelPendingRead();
        }
        catch (Exception gone) when (gone is not OutOfMemoryException)
        {
            // The client has ended its stream, and the reader throws on any further call: the read itself ends with the same error.
            // The exception type depends on how the client ended the stream; some types are internal to the server.
        }
    }

    private async ValueTask<ReadResult> ReadAsync(PipeReader reader, CancellationToken attempt)
    {
        if (Volatile.Read(ref _stopped) == 1)
            throw new OperationCanceledException("the context ended before the body started");
        try
        {
            // No token: a client that disconnects ends the read by itself, and Stop ends it for every other reason.
            var read = await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            while (read.IsCanceled && _kept is not null && Volatile.Read(ref _stopped) == 0 && !attempt.IsCancellationRequested)
            {
                // The cancellation was meant for an earlier attempt.
                reader.AdvanceTo(read.Buffer.Start);
                read = await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            }

            var received = _sent + read.Buffer.Length;
            if (
                Volatile.Read(ref _stopped) == 0
                && received <= request.Route.MaxRequestBody
                && !(_kept is not null && attempt.IsCancellationRequested)
            )
                return read;
            _leftUnread = true;
            reader.AdvanceTo(read.Buffer.Start);
            if (received > request.Route.MaxRequestBody)
                throw new BadHttpRequestException("the body is longer than MaxRequestBody", StatusCodes.Status413PayloadTooLarge);
        }
        catch (Exception error)
        {
            // Any exception type: the server uses its own types for violations of HTTP/2's rules.
            ClientError = error;
            throw;
        }

        throw new OperationCanceledException("the context ended before the body did");
    }
}
