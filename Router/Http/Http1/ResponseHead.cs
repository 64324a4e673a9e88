using System.Net;
using Microsoft.Extensions.Primitives;

namespace Router.Http.Http1;

/// <summary>
/// The head of an answer, line by line. It belongs to the connection: an application says mostly the same of each of its answers,
/// and a line that comes again in its place, octet for octet, need not be taken apart again.
/// </summary>
public sealed class ResponseHead
{
    // A longer one is not worth the memory that each connection would have for it.
    private const int LongestKept = 2 * 1024;

    private byte[] _octets = [];
    private int _kept;
    private HeaderLine[] _lines = [];
    private int _count;

    /// <summary>The first line.</summary>
    public StatusLine StatusLine { get; private set; }

    /// <summary>The fields' lines.</summary>
    public ReadOnlySpan<HeaderLine> Lines => _lines.AsSpan(0, _count);

    /// <summary>What <c>Connection</c> says.</summary>
    public StringValues Connection => ValuesOf(HeaderRole.Connection, HeaderRole.ConnectionClose);

    /// <summary>The protocol that the connection is changed to; nothing where it is not.</summary>
    public StringValues Upgrade => ValuesOf(HeaderRole.Upgrade);

    /// <summary>The line of a field; empty where there is none in that place.</summary>
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

    /// <summary>Whether a field of that name goes on, in whatever case it is written (RFC 9110 section 5.1).</summary>
    public bool Has(string name)
    {
        foreach (ref readonly var line in Lines)
        {
            if (line.GoesOn && line.Is(name))
                return true;
        }

        return false;
    }

    /// <summary>Whether one of the lines above has a name.</summary>
    public bool HasAbove(int index, string name)
    {
        foreach (ref readonly var line in _lines.AsSpan(0, index))
        {
            if (line.Is(name))
                return true;
        }

        return false;
    }

    /// <summary>Whether a head that is being read goes on with these octets of this one.</summary>
    /// <param name="rest">What is still to be read of it.</param>
    /// <param name="start">Where the line begins in this one.</param>
    /// <param name="length">The line's length, its end included; no line is repeated.</param>
    public bool Repeats(ReadOnlySpan<byte> rest, int start, int length) =>
        length > 0 && start + length <= _kept && rest.StartsWith(_octets.AsSpan(start, length));

    /// <summary>Takes a head in place of this one. Its fields' lines have been set.</summary>
    /// <param name="head">Its octets.</param>
    /// <param name="status">Its first line.</param>
    /// <param name="count">How many fields' lines it has.</param>
    public void Become(ReadOnlySpan<byte> head, in StatusLine status, int count)
    {
        (StatusLine, _count) = (status, count);
        _kept = head.Length <= LongestKept ? head.Length : 0;
        if (_octets.Length < _kept)
            _octets = new byte[_kept];
        head[.._kept].CopyTo(_octets);
    }

    /// <summary>The connection is idle: what is too long is not kept.</summary>
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

/// <summary>The first line of an answer (RFC 9112 section 4).</summary>
/// <param name="Length">How many octets it has, its end included.</param>
/// <param name="IsHttp11">Whether the backend speaks HTTP/1.1, and not 1.0.</param>
/// <param name="Status">The status.</param>
/// <param name="Reason">The reason phrase.</param>
public readonly record struct StatusLine(int Length, bool IsHttp11, HttpStatusCode Status, string Reason);

/// <summary>The line of a field (RFC 9112 section 5).</summary>
/// <param name="Start">Where it begins in the head.</param>
/// <param name="Length">How many octets it has, its end included.</param>
/// <param name="Name">The field's name.</param>
/// <param name="Value">The line's value.</param>
/// <param name="Role">What the field is to the connection.</param>
/// <param name="IsAnother">Whether a line above it has the same name.</param>
public readonly record struct HeaderLine(int Start, int Length, string Name, string Value, HeaderRole Role, bool IsAnother)
{
    /// <summary>Whether it is for who asked, as far as it does not depend on what <c>Connection</c> names.</summary>
    public bool GoesOn => Role is HeaderRole.None or HeaderRole.ContentLength;

    /// <summary>Whether the field has this name.</summary>
    public bool Is(string name) => HeaderNames.IsSame(Name, name);
}
