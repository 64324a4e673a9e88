using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Router.Configuration;

namespace Router.Telemetry;

/// <summary>
/// One line of JSON as it is laid out, member after member, in memory that the next line uses again. Nearly every value is plain ASCII and
/// is copied as it is; what needs an escape goes through the framework's encoder.
/// </summary>
public sealed class JsonLine
{
    private const int Usual = 8 << 10;
    private const int MostDigits = 32;

    // Read by programs and by people in a terminal, never as part of a page: '<' and '&' may stand; control characters may not.
    private static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    private static readonly string PlainText = string.Concat(
        Enumerable.Range(' ', '~' - ' ' + 1).Select(character => (char)character).Where(character => character is not ('"' or '\\'))
    );
    private static readonly SearchValues<char> PlainCharacters = SearchValues.Create(PlainText);
    private static readonly SearchValues<byte> PlainOctets = SearchValues.Create(Encoding.ASCII.GetBytes(PlainText));

    private byte[] _bytes = new byte[Usual];
    private int _length;

    /// <summary>The line, with its end.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>Begins another line.</summary>
    public void Begin()
    {
        // Usual lines are far shorter; what a rare long one has made grow is not kept.
        if (_bytes.Length > Usual)
            _bytes = new byte[Usual];
        _length = 0;
    }

    /// <summary>Ends the line.</summary>
    public void End()
    {
        Reserve(2);
        "}\n"u8.CopyTo(_bytes.AsSpan(_length));
        _length += 2;
    }

    /// <summary>Adds text.</summary>
    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<char> value)
    {
        // By way of UTF-8, where half a character has a replacement and is no error.
        if (!TryAddPlain(name, value))
            Add(name, Encoding.UTF8.GetBytes(value.ToArray()));
    }

    /// <summary>Adds text of printable ASCII that needs no escape; false where it is another, and then nothing is added.</summary>
    public bool TryAddPlain(ReadOnlySpan<byte> name, ReadOnlySpan<char> value)
    {
        if (!value.IsEmpty && value.ContainsAnyExcept(PlainCharacters))
            return false;
        Name(name, value.Length + 2);
        Quote();
        if (!value.IsEmpty)
            Plain(value);
        Quote();
        return true;
    }

    /// <summary>The same for three words with blanks between them.</summary>
    public bool TryAddPlain(ReadOnlySpan<byte> name, ReadOnlySpan<char> first, ReadOnlySpan<char> second, ReadOnlySpan<char> third)
    {
        if (
            first.ContainsAnyExcept(PlainCharacters)
            || second.ContainsAnyExcept(PlainCharacters)
            || third.ContainsAnyExcept(PlainCharacters)
        )
            return false;
        Name(name, first.Length + second.Length + third.Length + 4);
        Quote();
        Plain(first);
        _bytes[_length++] = (byte)' ';
        Plain(second);
        _bytes[_length++] = (byte)' ';
        Plain(third);
        Quote();
        return true;
    }

    /// <summary>Adds text that is UTF-8 already.</summary>
    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        Quoted(name, value.ContainsAnyExcept(PlainOctets) ? Escaped(value) : value);

    // The framework's encoder lets pass what turns a terminal's text around, and what it does not show.
    private static ReadOnlySpan<byte> Escaped(ReadOnlySpan<byte> value)
    {
        var encoded = JsonEncodedText.Encode(value, Encoder);
        return Ascii.IsValid(encoded.EncodedUtf8Bytes)
            ? encoded.EncodedUtf8Bytes
            : Encoding.UTF8.GetBytes(VisibleText.Of(encoded.ToString()));
    }

    /// <summary>Adds a number.</summary>
    public void Add(ReadOnlySpan<byte> name, long value)
    {
        Name(name, MostDigits);
        Utf8Formatter.TryFormat(value, _bytes.AsSpan(_length), out var digits);
        _length += digits;
    }

    /// <summary>Adds milliseconds as a number of seconds, with exactly three digits after the point.</summary>
    public void AddSeconds(ReadOnlySpan<byte> name, long milliseconds)
    {
        Name(name, MostDigits);
        Seconds(milliseconds);
    }

    /// <summary>The same as text; empty where nobody knows.</summary>
    public void AddSecondsText(ReadOnlySpan<byte> name, long? milliseconds)
    {
        Name(name, MostDigits);
        Quote();
        if (milliseconds is { } known)
            Seconds(known);
        Quote();
    }

    private void Seconds(long milliseconds)
    {
        var (seconds, rest) = Math.DivRem(milliseconds, 1000);
        if (seconds is >= 0 and < 10)
        {
            _bytes[_length++] = (byte)('0' + seconds);
        }
        else
        {
            Utf8Formatter.TryFormat(seconds, _bytes.AsSpan(_length), out var digits);
            _length += digits;
        }

        var (tenths, thousandths) = Math.DivRem((int)Math.Abs(rest), 100);
        ReadOnlySpan<byte> fraction = [(byte)'.', (byte)('0' + tenths), (byte)('0' + (thousandths / 10)), (byte)('0' + (thousandths % 10))];
        fraction.CopyTo(_bytes.AsSpan(_length));
        _length += fraction.Length;
    }

    private void Quoted(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Name(name, value.Length + 2);
        Quote();
        value.CopyTo(_bytes.AsSpan(_length));
        _length += value.Length;
        Quote();
    }

    private void Quote() => _bytes[_length++] = (byte)'"';

    private void Plain(ReadOnlySpan<char> value)
    {
        Ascii.FromUtf16(value, _bytes.AsSpan(_length), out var written);
        _length += written;
    }

    // The name, and room for so many bytes after it.
    private void Name(ReadOnlySpan<byte> name, int value)
    {
        Reserve(name.Length + value + 4);
        var bytes = _bytes.AsSpan(_length, name.Length + 4);
        bytes[0] = _length == 0 ? (byte)'{' : (byte)',';
        bytes[1] = (byte)'"';
        name.CopyTo(bytes[2..]);
        bytes[^2] = (byte)'"';
        bytes[^1] = (byte)':';
        _length += bytes.Length;
    }

    private void Reserve(int more)
    {
        if (_bytes.Length - _length < more)
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, _length + more));
    }
}
