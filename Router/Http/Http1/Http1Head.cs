using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace Router.Http.Http1;

/// <summary>
/// The head of a response. A head that can be read in two ways is rejected, since the client could read it differently. A head that breaks
/// a rule but can be read in only one way is accepted as far as RFC 9112 permits, and forwarded in the form that the rule requires.
/// </summary>
public readonly struct Http1Head
{
    public int Status { get; init; }

    /// <summary>How the body ends.</summary>
    public BodyFraming Framing { get; init; }

    /// <summary>The body's length, if <see cref="Framing"/> is by length.</summary>
    public long Length { get; init; }

    /// <summary>Whether the connection may carry another request afterwards.</summary>
    public bool KeepAlive { get; init; }

    /// <summary>Parses a head into a response; false if the head cannot be trusted.</summary>
    /// <param name="head">The status line and headers, each with its line end, without the empty line.</param>
    /// <param name="isHead">Whether the request's method was HEAD.</param>
    /// <param name="response">The response. Its head still contains the previous response on the connection.</param>
    /// <param name="parsed">What the head says about the connection and the body.</param>
    /// <param name="violation">The violated rule, as a sentence about the response.</param>
    public static bool TryParse(
        ReadOnlySpan<byte> head,
        bool isHead,
        BackendResponse response,
        out Http1Head parsed,
        [NotNullWhen(false)] out string? violation
    )
    {
        (parsed, violation) = (default, null);
        var last = response.Head;
        var status = last.StatusLine;
        var isKept = last.Repeats(head, 0, status.Length);
        if (!isKept && !TryReadStatusLine(head, out status))
        {
            violation = "its status line is not one of HTTP/1.1 or HTTP/1.0 (RFC 9112 section 4)";
            return false;
        }

        (response.StatusCode, response.ReasonPhrase) = (status.Status, status.Reason);
        var framing = new ResponseFraming(status.IsHttp11);
        // While the names match the previous head in the same order, it is already known whether a name occurred on an earlier line.
        var isAlike = true;
        var count = 0;
        for (var start = status.Length; start < head.Length; count++)
        {
            var rest = head[start..];
            var before = last[count];
            var line = before;
            if (before.Start != start || !last.Repeats(rest, start, before.Length))
            {
                if (!TryReadHeaderLine(rest, start, before, out line))
                {
                    violation = Http1Violations.OfHeaderLine(rest);
                    return false;
                }

                isKept = false;
            }

            isAlike &= ReferenceEquals(line.Name, before.Name);
            if (!isAlike)
                line = line with { IsAnother = last.HasAbove(count, line.Name) };
            if (line.Role != HeaderRole.None && !framing.TryProcess(ref line, out violation))
                return false;
            if (!isKept)
                last[count] = line;
            start += line.Length;
        }

        if (!isKept || count != last.Lines.Length)
            last.Become(head, status, count);
        parsed = framing.Result((int)status.Status, isHead);
        if (parsed is not { Status: 205, Framing: BodyFraming.Length })
            return true;
        violation = Http1Violations.ContentOfReset;
        return false;
    }

    /// <summary>
    /// Parses a header line; false if its name is not a token, white space precedes the name, or it contains control characters. White
    /// space between the name and the colon is removed, as RFC 9112 section 5.1 requires of a proxy.
    /// </summary>
    public static bool TryParseHeader(ReadOnlySpan<byte> line, out string name, out string value) =>
        TryParseHeader(line, default, out name, out value);

    private static bool TryReadHeaderLine(ReadOnlySpan<byte> rest, int start, in HeaderLine before, out HeaderLine line)
    {
        line = default;
        var end = rest.IndexOf("\r\n"u8);
        if (end < 0 || !TryParseHeader(rest[..end], before.Name, out var name, out var value))
            return false;
        var isSame = ReferenceEquals(name, before.Name);
        var role = isSame && before.Role is HeaderRole.None or HeaderRole.ContentLength ? before.Role : HeaderRoles.Of(name, value);
        line = new HeaderLine(start, end + 2, name, value, role, isSame && before.IsAnother);
        return true;
    }

    private static bool TryParseHeader(ReadOnlySpan<byte> line, string? known, out string name, out string value)
    {
        (name, value) = ("", "");
        var colon = line.IndexOf((byte)':');
        if (colon <= 0)
            return false;
        var octets = line[..colon];
        var text = line[(colon + 1)..].Trim(" \t"u8);
        var same = known is not null && Ascii.Equals(octets, known) ? known : null;
        if (
            (same is null && !HeaderSyntax.IsToken(octets) && !HeaderSyntax.IsToken(octets = octets.TrimEnd(" \t"u8)))
            || HeaderSyntax.HasControls(text)
        )
            return false;
        name = same ?? KnownHeaderNames.Of(octets);
        value = Encoding.Latin1.GetString(text);
        return true;
    }

    private static bool TryReadStatusLine(ReadOnlySpan<byte> head, out StatusLine status)
    {
        status = default;
        var end = head.IndexOf("\r\n"u8);
        if (end < 12)
            return false;
        var line = head[..end];
        var isHttp11 = line.StartsWith("HTTP/1.1 "u8);
        if ((!isHttp11 && !line.StartsWith("HTTP/1.0 "u8)) || HeaderSyntax.HasControls(line))
            return false;
        if (
            !Utf8Parser.TryParse(line.Slice(9, 3), out ushort code, out var digits)
            || digits != 3
            || code < 100
            || (line.Length > 12 && line[12] != ' ')
        )
            return false;
        var reason = line.Length > 13 ? line[13..] : default;
        var usual = ReasonPhrases.GetReasonPhrase(code);
        status = new StatusLine(
            end + 2,
            isHttp11,
            (HttpStatusCode)code,
            Ascii.Equals(reason, usual) ? usual : Encoding.Latin1.GetString(reason)
        );
        return true;
    }
}
