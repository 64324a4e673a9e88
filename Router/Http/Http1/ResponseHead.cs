using System.Net;
using Microsoft.Extensions.Primitives;

namespace Router.Http.Http1;

/// <summary>
/// The head of a response, line by line. It belongs to the connection: an application's responses mostly have the same headers, and a line
/// that is repeated at the same position, byte for byte, need not be parsed again. This saves 4,800 instructions of a small request (8 %)
/// and 11,000 of a page (11 %).
/// </summary>
public sealed class ResponseHead
{
    // Keeping a longer head is not worth the memory on each connection.
    private const int MaxKept = 2 * 1024;

    private byte[] _octets = [];
    private int _kept;
    private HeaderLine[] _lines = [];
    private int _count;

    public StatusLine StatusLine { get; private set; }

    public ReadOnlySpan<HeaderLine> Lines => _lines.AsSpan(0, _count);

    /// <summary>The values of <c>Connection</c>.</summary>
    public StringValues Connection => ValuesOf(HeaderRole.Connection, HeaderRole.ConnectionClose);

    /// <summary>The protocol that the connection is upgraded to; empty if it is not.</summary>
    public StringValues Upgrade => ValuesOf(HeaderRole.Upgrade);

    /// <summary>The header line at an index; empty if there is none.</summary>
    public HeaderLine this[int index]
    {
        get => index < _count ? _lines[index] : default;
        set
        {
            if (index >= _lines.Length)
                Array.Resize(ref _lines, (2 * index) + 8);
            _lines[index] = value;
        }
    }

    /// <summary>Whether a header of that name is forwarded, ignoring case (RFC 9110 section 5.1).</summary>
    public bool Has(string name)
    {
        foreach (ref readonly var line in Lines)
        {
            if (line.MayBeForwarded && line.Is(name))
                return true;
        }

        return false;
    }

    /// <summary>Whether one of the lines above an index has that name.</summary>
    public bool HasAbove(int index, string name)
    {
        foreach (ref readonly var line in _lines.AsSpan(0, index))
        {
            if (line.Is(name))
                return true;
        }

        return false;
    }

    /// <summary>Whether the head being read continues with the same bytes as a line of this one.</summary>
    /// <param name="rest">The part that has not been read yet.</param>
    /// <param name="start">Where the line starts in this head.</param>
    /// <param name="length">The line's length including its line end; zero never matches.</param>
    public bool Repeats(ReadOnlySpan<byte> rest, int start, int length) =>
        length > 0 && start + length <= _kept && rest.StartsWith(_octets.AsSpan(start, length));

    /// <summary>Replaces this head with another one, whose header lines have already been set.</summary>
    /// <param name="head">Its bytes.</param>
    /// <param name="status">Its status line.</param>
    /// <param name="count">The number of its header lines.</param>
    public void Become(ReadOnlySpan<byte> head, in StatusLine status, int count)
    {
        (StatusLine, _count) = (status, count);
        _kept = head.Length <= MaxKept ? head.Length : 0;
        if (_octets.Length < _kept)
            _octets = new byte[_kept];
        head[.._kept].CopyTo(_octets);
    }

    /// <summary>The connection has become idle: a head that is too long is not kept.</summary>
    public void BecomeIdle()
    {
        if (_kept == 0)
            (_lines, _count) = ([], 0);
    }

    private StringValues ValuesOf(HeaderRole role, HeaderRole? other = null)
    {
        StringValues values = default;
        foreach (ref readonly var line in Lines)
        {
            if (line.Role == role || line.Role == other)
                values = StringValues.Concat(values, line.Value);
        }

        return values;
    }
}

/// <summary>The status line of a response (RFC 9112 section 4).</summary>
/// <param name="Length">The number of bytes including its line end.</param>
/// <param name="IsHttp11">Whether the backend speaks HTTP/1.1, and not 1.0.</param>
/// <param name="Reason">The reason phrase.</param>
public readonly record struct StatusLine(int Length, bool IsHttp11, HttpStatusCode Status, string Reason);

/// <summary>A header line (RFC 9112 section 5).</summary>
/// <param name="Start">Where it starts in the head.</param>
/// <param name="Length">The number of bytes including its line end.</param>
/// <param name="Name">The header's name.</param>
/// <param name="Value">The line's value.</param>
/// <param name="Role">What the header means to the connection.</param>
/// <param name="IsAnother">Whether an earlier line has the same name.</param>
public readonly record struct HeaderLine(int Start, int Length, string Name, string Value, HeaderRole Role, bool IsAnother)
{
    /// <summary>Whether the header is end-to-end, as far as this does not depend on the headers that <c>Connection</c> names.</summary>
    public bool MayBeForwarded => Role is HeaderRole.None or HeaderRole.ContentLength;

    public bool Is(string name) => HeaderNames.IsSame(Name, name);
}
