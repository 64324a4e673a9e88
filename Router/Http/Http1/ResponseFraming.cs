using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Router.Http.Http1;

/// <summary>Determines from the headers of a response, one after the other, where its body ends (RFC 9112 section 6.3).</summary>
/// <param name="isHttp11">Whether the backend speaks HTTP/1.1, and not 1.0.</param>
public ref struct ResponseFraming(bool isHttp11)
{
    // A number with more digits may exceed 64 bits.
    private const int MaxDigits = 18;

    private long? _length;
    private bool _chunked;
    private bool _identity;
    private bool _close;

    /// <summary>Processes one header; false if it makes the end of the body ambiguous.</summary>
    /// <param name="line">The header. Its role and value are set to what is to be forwarded.</param>
    /// <param name="violation">The violated rule.</param>
    public bool TryProcess(ref HeaderLine line, [NotNullWhen(false)] out string? violation)
    {
        violation = line.Role switch
        {
            HeaderRole.ContentLength or HeaderRole.RepeatedContentLength => ProcessLength(ref line),
            HeaderRole.TransferEncoding => ProcessCoding(line.Value),
            _ => null,
        };
        _close |= line.Role == HeaderRole.ConnectionClose;
        if (violation is null && _length is not null && (_chunked || _identity))
            violation = "it has both Content-Length and Transfer-Encoding (RFC 9112 section 6.3)";
        return violation is null;
    }

    /// <summary>Returns the framing that follows from all headers.</summary>
    /// <param name="status">The status code.</param>
    /// <param name="isHead">Whether the request's method was HEAD.</param>
    public readonly Http1Head Result(int status, bool isHead)
    {
        // Neither has content (RFC 9110 sections 15.3.5 and 15.3.6). Any data that follows anyway is discarded with its connection.
        var isEmpty = status == 204 || (status == 205 && _length is null or 0);
        var framing =
            isHead || isEmpty || status is < 200 or 304 ? BodyFraming.None
            : _chunked ? BodyFraming.Chunked
            : _length is not null ? BodyFraming.Length
            : BodyFraming.UntilClose;
        return new Http1Head
        {
            Status = status,
            Framing = framing is BodyFraming.Length && _length == 0 ? BodyFraming.None : framing,
            Length = _length ?? 0,
            KeepAlive = isHttp11 && !_close && framing != BodyFraming.UntilClose && !(isEmpty && MayHaveContent(status)),
        };
    }

    private readonly bool MayHaveContent(int status) => _chunked || _identity || _length > 0 || (status == 205 && _length is null);

    private string? ProcessLength(ref HeaderLine line)
    {
        if (!TryReadLength(line.Value, out var length))
        {
            if (!TryReadEqualLengths(line.Value, out length))
                return "its Content-Length is not one decimal number (RFC 9110 section 8.6)";
            line = line with { Value = length.ToString(CultureInfo.InvariantCulture) };
        }

        if (_length is null)
        {
            _length = length;
            if (line.Role == HeaderRole.RepeatedContentLength)
                line = line with { Role = HeaderRole.ContentLength };
            return null;
        }

        // RFC 9112 section 6.3: equal values may be treated as one.
        if (_length != length)
            return "it has two Content-Length headers that differ (RFC 9112 section 6.3)";
        line = line with { Role = HeaderRole.RepeatedContentLength };
        return null;
    }

    private string? ProcessCoding(string value)
    {
        if (!isHttp11)
            return "it is HTTP/1.0 and has Transfer-Encoding, so an HTTP/1.0 parser would read a different body (RFC 9112 section 6.1)";
        if (_chunked || _identity)
            return "it has more than one Transfer-Encoding, so the body could be chunked twice (RFC 9112 section 6.1)";
        // RFC 2616's name for no coding. Under RFC 9112 section 6.3, too, such a body ends with the connection.
        _identity = value.Equals("identity", StringComparison.OrdinalIgnoreCase);
        _chunked = value.Equals("chunked", StringComparison.OrdinalIgnoreCase);
        return _chunked || _identity
            ? null
            : "its Transfer-Encoding is not chunked, and Router asks for no other coding (RFC 9112 section 7.4)";
    }

    private static bool TryReadLength(ReadOnlySpan<char> text, out long length)
    {
        length = 0;
        return text.Length is > 0 and <= MaxDigits
            && !text.ContainsAnyExceptInRange('0', '9')
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out length);
    }

    private static bool TryReadEqualLengths(ReadOnlySpan<char> list, out long length)
    {
        length = -1;
        foreach (var range in list.Split(','))
        {
            if (!TryReadLength(list[range].Trim(" \t"), out var next) || (length >= 0 && length != next))
                return false;
            length = next;
        }

        return true;
    }
}
