using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Router.Http.Http1;

/// <summary>Writes the heads and bodies of consecutive requests to a connection (RFC 9112 sections 3, 5 and 7.1).</summary>
public sealed class Http1RequestWriter(Stream stream) : AsyncStream
{
    private const int UsualHead = 1024;
    private const int MaxKept = 4 * UsualHead;

    private ArrayBufferWriter<byte> _pending = new(UsualHead);
    private bool _chunked;

    /// <summary>Buffers the head, to be sent by the next <see cref="FlushAsync"/> or with the first piece of the body.</summary>
    public void Head(BackendRequest request, string host)
    {
        Text(request.Method.Method);
        Raw(" "u8);
        Text(request.PathAndQuery);
        Raw(" HTTP/1.1\r\nHost: "u8);
        Text(host);
        Raw("\r\n"u8);
        foreach (var (name, values) in request.HeaderList.All)
        {
            foreach (var value in values)
                Header(name, value ?? "");
        }

        if (request.Upgrade is { } protocol)
        {
            Header("Connection", "Upgrade");
            Header("Upgrade", protocol);
        }

        if (request.Content is { } content)
            Framing(content);
        Raw("\r\n"u8);
    }

    /// <summary>The request is over: large buffers are not kept for the next one.</summary>
    public void BecomeIdle()
    {
        _chunked = false;
        _pending.ResetWrittenCount();
        if (_pending.Capacity > MaxKept)
            _pending = new ArrayBufferWriter<byte>(UsualHead);
    }

    /// <summary>Ends the body and sends the client's trailers.</summary>
    public ValueTask CompleteAsync(IEnumerable<KeyValuePair<string, string>> trailers, CancellationToken cancellationToken)
    {
        if (_chunked)
        {
            Raw("0\r\n"u8);
            foreach (var (name, value) in trailers)
                Header(name, value);
            Raw("\r\n"u8);
        }

        return SendAsync(cancellationToken);
    }

    public override bool CanWrite => true;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return ValueTask.CompletedTask;
        if (!_chunked && _pending.WrittenCount == 0)
            return stream.WriteAsync(buffer, cancellationToken);
        if (_chunked)
        {
            Utf8Formatter.TryFormat(buffer.Length, _pending.GetSpan(16), out var digits, new StandardFormat('x'));
            _pending.Advance(digits);
            Raw("\r\n"u8);
        }

        Raw(buffer.Span);
        if (_chunked)
            Raw("\r\n"u8);
        return SendAsync(cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => SendAsync(cancellationToken).AsTask();

    /// <summary>Sends the buffered data.</summary>
    public ValueTask SendAsync(CancellationToken cancellationToken)
    {
        if (_pending.WrittenCount == 0)
            return ValueTask.CompletedTask;
        var sending = stream.WriteAsync(_pending.WrittenMemory, cancellationToken);
        if (!sending.IsCompletedSuccessfully)
            return SentAsync(sending);
        sending.GetAwaiter().GetResult();
        _pending.ResetWrittenCount();
        return ValueTask.CompletedTask;
    }

    private async ValueTask SentAsync(ValueTask sending)
    {
        await sending.ConfigureAwait(false);
        _pending.ResetWrittenCount();
    }

    private void Framing(HttpContent content)
    {
        if (content.Headers.ContentLength is { } length)
        {
            Raw("Content-Length: "u8);
            Utf8Formatter.TryFormat(length, _pending.GetSpan(20), out var digits);
            _pending.Advance(digits);
            Raw("\r\n"u8);
        }
        else
        {
            _chunked = true;
            Raw("Transfer-Encoding: chunked\r\n"u8);
        }
    }

    private void Header(string name, string value)
    {
        var line = _pending.GetSpan(name.Length + value.Length + 4);
        var rest = line[name.Length..];
        Write(name, line);
        ": "u8.CopyTo(rest);
        Write(value, rest[2..]);
        "\r\n"u8.CopyTo(rest[(value.Length + 2)..]);
        _pending.Advance(name.Length + value.Length + 4);
    }

    private void Raw(ReadOnlySpan<byte> bytes) => _pending.Write(bytes);

    private void Text(string text)
    {
        Write(text, _pending.GetSpan(text.Length));
        _pending.Advance(text.Length);
    }

    // The last line of defense: if a line break got this far, it would start a line of its own at the backend.
    private static void Write(string text, Span<byte> octets)
    {
        if (AsciiWriter.TryWrite(text, octets))
            return;
        Encoding.Latin1.GetBytes(text, octets);
        if (HeaderSyntax.HasControls(octets[..text.Length]))
            throw new BackendException(ForwardFailure.InvalidRequest);
    }
}
