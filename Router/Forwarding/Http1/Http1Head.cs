using System.Buffers;
using System.Buffers.Text;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Router.Forwarding.Headers;

namespace Router.Forwarding.Http1;

/// <summary>How the end of an answer's body is known (RFC 9112 section 6.3).</summary>
public enum BodyFraming
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>By its length.</summary>
    Length,

    /// <summary>By the chunk of size zero.</summary>
    Chunked,

    /// <summary>By the end of the connection.</summary>
    UntilClose,
}

/// <summary>
/// The head of an answer, parsed without leniency: what can be read in two ways is no answer, since the client's side could read it
/// the other way (RFC 9112 sections 2.2, 4, 5 and 6.3).
/// </summary>
public readonly struct Http1Head
{
    private static readonly SearchValues<byte> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    // NUL, the other controls but tab, and DEL: RFC 9110 section 5.5.
    private static readonly SearchValues<byte> Controls =
        SearchValues.Create([.. Enumerable.Range(0, 32).Where(octet => octet != '\t').Select(octet => (byte)octet), 0x7f]);

    /// <summary>The status code.</summary>
    public int Status { get; private init; }

    /// <summary>How the body ends.</summary>
    public BodyFraming Framing { get; private init; }

    /// <summary>The body's length, where <see cref="Framing"/> is by length.</summary>
    public long Length { get; private init; }

    /// <summary>Whether the connection may carry another request afterwards.</summary>
    public bool KeepAlive { get; private init; }

    /// <summary>Parses a head into a response message; null where it is not one that can be trusted.</summary>
    /// <param name="head">Status line and fields, each with its line end, without the empty line.</param>
    /// <param name="isHead">Whether the request's method was HEAD.</param>
    /// <param name="response">Where status, reason and fields go.</param>
    /// <param name="before">The fields of an answer before it, whose names and values need not be made anew where they are the same; null where there was none.</param>
    public static Http1Head? Parse(ReadOnlySpan<byte> head, bool isHead, BackendAnswer response, FieldList? before)
    {
        var lineEnd = head.IndexOf("\r\n"u8);
        if (lineEnd < 0 || !TryParseStatusLine(head[..lineEnd], response, out var isHttp11))
            return null;
        var framing = new Framer(isHttp11);
        // As long as the names are those of the answer before, in its order, none of them is there yet.
        var isAlike = true;
        for (var rest = head[(lineEnd + 2)..]; !rest.IsEmpty; rest = rest[(lineEnd + 2)..])
        {
            lineEnd = rest.IndexOf("\r\n"u8);
            var like = before is not null && before.All.Length > response.Fields.All.Length ? before.All[response.Fields.All.Length] : default;
            if (lineEnd < 0 || !TryParseField(rest[..lineEnd], like, out var name, out var value) || !framing.Sees(name, value))
                return null;
            isAlike &= ReferenceEquals(name, like.Key);
            if (isAlike)
                response.Fields.Add(name, value);
            else
                response.Fields.Append(name, value);
        }

        return framing.Result((int)response.StatusCode, isHead);
    }

    /// <summary>Parses a field line; false where it has a name that is no token, white space around the name, or control characters.</summary>
    public static bool TryParseField(ReadOnlySpan<byte> line, out string name, out string value) => TryParseField(line, default, out name, out value);

    // What is the same as in an answer before it has been found good there.
    private static bool TryParseField(ReadOnlySpan<byte> line, KeyValuePair<string, StringValues> like, out string name, out string value)
    {
        (name, value) = ("", "");
        var colon = line.IndexOf((byte)':');
        if (colon <= 0)
            return false;
        var octets = line[..colon];
        var text = line[(colon + 1)..].Trim(" \t"u8);
        if (like.Key is { } known && Ascii.Equals(octets, known))
            name = known;
        else if (octets.ContainsAnyExcept(TokenCharacters))
            return false;
        else
            name = FieldNames.Of(octets);
        if (like.Value.Count == 1 && like.Value.ToString() is var same && Ascii.Equals(text, same))
            value = same;
        else if (text.ContainsAny(Controls))
            return false;
        else
            value = Encoding.Latin1.GetString(text);
        return true;
    }

    private static bool TryParseStatusLine(ReadOnlySpan<byte> line, HttpResponseMessage response, out bool isHttp11)
    {
        isHttp11 = line.StartsWith("HTTP/1.1 "u8);
        if ((!isHttp11 && !line.StartsWith("HTTP/1.0 "u8)) || line.Length < 12 || line.ContainsAny(Controls))
            return false;
        if (!Utf8Parser.TryParse(line.Slice(9, 3), out ushort status, out var digits) || digits != 3 || status < 100 || (line.Length > 12 && line[12] != ' '))
            return false;
        response.StatusCode = (HttpStatusCode)status;
        var reason = line.Length > 13 ? line[13..] : default;
        var usual = ReasonPhrases.GetReasonPhrase(status);
        response.ReasonPhrase = Ascii.Equals(reason, usual) ? usual : Encoding.Latin1.GetString(reason);
        return true;
    }

    private ref struct Framer(bool isHttp11)
    {
        private long? _length;
        private bool _chunked;
        private bool _close;

        // False where the field makes the framing ambiguous.
        public bool Sees(string name, string value)
        {
            if (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                if (_length is not null || value.Length is 0 or > 18 || value.AsSpan().ContainsAnyExceptInRange('0', '9'))
                    return false;
                _length = long.Parse(value, System.Globalization.CultureInfo.InvariantCulture);
            }
            else if (name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase))
            {
                // Router asks for no other coding (RFC 9112 section 7.4), and two of them can hide a body from one reader.
                if (_chunked || !isHttp11 || !value.Equals("chunked", StringComparison.OrdinalIgnoreCase))
                    return false;
                _chunked = true;
            }
            else if (name.Equals("Connection", StringComparison.OrdinalIgnoreCase))
            {
                _close |= HopByHopHeaders.IsNamedBy(value, "close");
            }

            return !(_chunked && _length is not null);
        }

        public readonly Http1Head Result(int status, bool isHead)
        {
            var framing = isHead || status is < 200 or 204 or 304 ? BodyFraming.None
                : _chunked ? BodyFraming.Chunked
                : _length is not null ? BodyFraming.Length
                : BodyFraming.UntilClose;
            return new Http1Head
            {
                Status = status,
                Framing = framing is BodyFraming.Length && _length == 0 ? BodyFraming.None : framing,
                Length = _length ?? 0,
                KeepAlive = isHttp11 && !_close && framing != BodyFraming.UntilClose,
            };
        }
    }
}
