using System.Text;

namespace Router.Http.Http1;

/// <summary>Finds the rule that a response violates, as a sentence about it. Used only after the response has been rejected.</summary>
public static class Http1Violations
{
    /// <summary>A 205 with a body.</summary>
    public const string ContentOfReset = "it has content although its status is 205 (RFC 9110 section 15.3.6)";

    /// <summary>Some lines end with CR LF and others with LF: the LF could be the end of a line or part of a value.</summary>
    public const string MixedLineEnds =
        "some of its lines end with a bare LF and others with CR LF (RFC 9112 section 2.2, RFC 9110 section 5.5)";

    private const int MaxOfOneName = 100;

    /// <summary>Describes what is wrong with a header line or a trailer line.</summary>
    /// <param name="rest">The line and any data after it.</param>
    public static string OfHeaderLine(ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOf("\r\n"u8);
        var line = end < 0 ? rest : rest[..end];
        if (line.Contains((byte)'\n'))
            return MixedLineEnds;
        if (line.StartsWith(" "u8) || line.StartsWith("\t"u8))
            return "a header begins with white space, as if it continued the line before it (RFC 9112 section 5.2)";
        var colon = line.IndexOf((byte)':');
        if (colon < 0)
            return "a header line has no colon (RFC 9112 section 5)";
        var name = line[..colon];
        var text = Encoding.Latin1.GetString(name[..Math.Min(name.Length, MaxOfOneName)]);
        return HeaderSyntax.IsToken(name.TrimEnd(" \t"u8))
            ? $"the value of the header \"{text}\" has a control character (RFC 9110 section 5.5)"
            : $"the header name \"{text}\" is empty or has an invalid character (RFC 9110 section 5.1)";
    }

    /// <summary>Describes the rule that a response violated while it was being read; null if something else failed.</summary>
    public static string? Of(Exception error)
    {
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            if (cause is InvalidDataException)
                return cause.Message;
        }

        return null;
    }
}
