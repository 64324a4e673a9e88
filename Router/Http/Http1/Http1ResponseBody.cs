using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Router.Http.Http1;

/// <summary>
/// A response body, read according to its framing (RFC 9112 section 6). A truncated body is an error, never an end.
/// </summary>
public sealed class Http1ResponseBody(Http1RoundTrip roundTrip, Http1Connection connection, Http1Head head, HttpResponseMessage response)
    : AsyncStream
{
    // A chunk size with more digits would not fit; extensions are skipped, but only up to this limit.
    private const int MaxChunkLine = 4096;

    private long _remaining = head.Framing == BodyFraming.Length ? head.Length : 0;
    private bool _inChunk;
    private bool _ended;

    /// <summary>Whether the whole body was read along with the head.</summary>
    public bool IsBuffered =>
        head.Framing == BodyFraming.None || (head.Framing == BodyFraming.Length && connection.Buffered.Length >= _remaining);

    /// <summary>The number of bytes still to be read of a body with a known length.</summary>
    public long Remaining => _remaining;

    public override bool CanRead => true;

    /// <summary>Copies the whole body if it <see cref="IsBuffered"/>, and completes the request.</summary>
    public ValueTask CopyAllAsync(IBufferWriter<byte> target)
    {
        target.Write(connection.Buffered[..(int)_remaining]);
        connection.Consume((int)_remaining);
        _remaining = 0;
        _ended = true;
        return roundTrip.CompleteAsync(head.KeepAlive);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_ended)
            return 0;
        try
        {
            if (buffer.IsEmpty)
                return await WaitAsync(cancellationToken).ConfigureAwait(false);
            var count = head.Framing switch
            {
                BodyFraming.Length => await ReadRemainingAsync(buffer, cancellationToken).ConfigureAwait(false),
                BodyFraming.Chunked => await ReadChunkAsync(buffer, cancellationToken).ConfigureAwait(false),
                BodyFraming.UntilClose => await ReadToEndAsync(buffer, cancellationToken).ConfigureAwait(false),
                _ => 0,
            };
            if (count == 0 || (head.Framing == BodyFraming.Length && _remaining == 0))
            {
                // Once: a stream that is disposed while it is read must not dispose a connection that carries another request already.
                if (!Interlocked.Exchange(ref _ended, true))
                    await roundTrip.CompleteAsync(head.KeepAlive).ConfigureAwait(false);
            }

            return count;
        }
        catch (Exception error) when (error is InvalidDataException or ObjectDisposedException)
        {
            throw new IOException("the response body broke", error);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (!Interlocked.Exchange(ref _ended, true))
        {
            await roundTrip.AbandonAsync().ConfigureAwait(false);
            roundTrip.ReleaseCount();
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !Interlocked.Exchange(ref _ended, true))
        {
            connection.Dispose();
            roundTrip.ReleaseCount();
        }

        base.Dispose(disposing);
    }

    // A zero-byte read, as for other streams: completes when there is data to read or when there will be no more.
    private ValueTask<int> WaitAsync(CancellationToken cancellationToken) =>
        head.Framing == BodyFraming.None || !connection.Buffered.IsEmpty
            ? ValueTask.FromResult(0)
            : connection.Stream.ReadAsync(Memory<byte>.Empty, cancellationToken);

    private async ValueTask<int> ReadRemainingAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (buffer.Length > _remaining)
            buffer = buffer[..(int)_remaining];
        var count = await connection.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (count == 0)
            throw new EndOfStreamException($"the backend closed the connection {_remaining} bytes before the end of its response");
        _remaining -= count;
        return count;
    }

    private async ValueTask<int> ReadToEndAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var count = await connection.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (count == 0 && connection.Stream is TlsStream { WasCutOff: true })
            throw new EndOfStreamException(
                "the backend ended a response without a length by closing the connection without a TLS close_notify"
            );
        return count;
    }

    private async ValueTask<int> ReadChunkAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_remaining == 0)
        {
            if (_inChunk && await ReadLineAsync(cancellationToken).ConfigureAwait(false) is not "")
                throw new InvalidDataException("a chunk is longer than its size (RFC 9112 section 7.1)");
            _inChunk = true;
            _remaining = SizeOf(await ReadLineAsync(cancellationToken).ConfigureAwait(false));
            if (_remaining == 0)
            {
                await ReadTrailersAsync(cancellationToken).ConfigureAwait(false);
                return 0;
            }
        }

        return await ReadRemainingAsync(buffer, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask ReadTrailersAsync(CancellationToken cancellationToken)
    {
        var left = Http1Connection.MaxHead;
        while (await ReadLineAsync(cancellationToken).ConfigureAwait(false) is { Length: > 0 } line)
        {
            left -= line.Length;
            if (left < 0)
                throw new InvalidDataException($"its trailers do not end within {Http1Connection.MaxHead} bytes");
            var octets = Encoding.Latin1.GetBytes(line);
            if (!Http1Head.TryParseHeader(octets, out var name, out var value))
                throw new InvalidDataException(Http1Violations.OfHeaderLine(octets));
            if (RestrictedHeaders.MayBeTrailer(name))
                response.TrailingHeaders.TryAddWithoutValidation(name, value);
        }
    }

    private async ValueTask<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var end = connection.Buffered.IndexOf("\r\n"u8);
            if (end >= 0)
            {
                var line = Encoding.Latin1.GetString(connection.Buffered[..end]);
                connection.Consume(end + 2);
                return line;
            }

            if (connection.Buffered.Length > MaxChunkLine)
                throw new InvalidDataException(
                    $"a line between its chunks does not end within {MaxChunkLine} bytes (RFC 9112 section 7.1)"
                );
            if (!connection.Filled(await connection.FillAsync(cancellationToken).ConfigureAwait(false)))
                throw new EndOfStreamException("the backend closed the connection in the middle of its response");
        }
    }

    private static long SizeOf(string line)
    {
        var digits = line.AsSpan();
        if (digits.IndexOf(';') is >= 0 and var extension)
            digits = digits[..extension];
        // White space is allowed only before an extension (RFC 9112 section 7.1.1). Servers that pad their chunk sizes send it without one.
        // It does not change the number, and the client receives Router's own chunks.
        digits = digits.TrimEnd(" \t");
        Span<byte> octets = stackalloc byte[16];
        if (
            digits.Length is 0 or > 15
            || !Encoding.ASCII.TryGetBytes(digits, octets, out var length)
            || !Utf8Parser.TryParse(octets[..length], out long size, out var consumed, 'x')
            || consumed != length
        )
        {
            throw new InvalidDataException("the size of a chunk is not a hexadecimal number (RFC 9112 section 7.1)");
        }

        return size;
    }
}
