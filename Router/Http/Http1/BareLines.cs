namespace Router.Http.Http1;

/// <summary>
/// A head whose lines all end with a bare LF, which a recipient may accept as a line end (RFC 9112 section 2.2). If the whole head contains
/// no CR, there is only one way to read it. A head with both kinds of line end can be read in two ways: inside a value an LF may also mean
/// a space (RFC 9110 section 5.5).
/// </summary>
public static class BareLines
{
    /// <summary>Whether the first line ends with a bare LF.</summary>
    public static bool IsFirstLineBare(ReadOnlySpan<byte> head) => head.IndexOf((byte)'\n') is > 0 and var end && head[end - 1] != '\r';

    /// <summary>Reads such a head; false if its end has not arrived yet.</summary>
    /// <param name="buffered">The head and any data after it.</param>
    /// <param name="head">The same head with CR LF, without the empty line.</param>
    /// <param name="length">Its original length, including the empty line.</param>
    /// <exception cref="InvalidDataException">The head contains lines with another line end.</exception>
    public static bool TryRead(ReadOnlySpan<byte> buffered, out byte[] head, out int length)
    {
        (head, length) = ([], 0);
        var end = buffered.IndexOf("\n\n"u8);
        if ((end < 0 ? buffered : buffered[..end]).Contains((byte)'\r'))
            throw new InvalidDataException(Http1Violations.MixedLineEnds);
        if (end < 0)
            return false;
        var lines = buffered[..(end + 1)];
        head = new byte[lines.Length + lines.Count((byte)'\n')];
        var at = 0;
        foreach (var octet in lines)
        {
            if (octet == '\n')
                head[at++] = (byte)'\r';
            head[at++] = octet;
        }

        length = end + 2;
        return true;
    }
}
