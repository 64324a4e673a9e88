using System.Buffers;
using Router.Http;

namespace Router.Routing;

/// <summary>The forms of a request target (RFC 9112 section 3.2).</summary>
public enum TargetForm
{
    /// <summary>A path with an optional query.</summary>
    Origin,

    /// <summary>A whole URI, as sent to proxies.</summary>
    Absolute,

    /// <summary><c>*</c>, the server as a whole; with OPTIONS only.</summary>
    Asterisk,
}

/// <summary>A raw request target, parsed without being changed.</summary>
public readonly ref struct RequestTarget
{
    // Visible ASCII without "#", which starts a fragment and so ends the target for its parser. RFC 3986 also forbids some others (" < > ^
    // ` { | }), but browsers send them, and every parser takes them literally.
    private static readonly SearchValues<char> Allowed = SearchValues.Create(
        "!\"$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
    );

    private RequestTarget(TargetForm form, ReadOnlySpan<char> authority, ReadOnlySpan<char> pathAndQuery)
    {
        Form = form;
        Authority = authority;
        PathAndQuery = pathAndQuery;
        var query = pathAndQuery.IndexOf('?');
        Path = query < 0 ? pathAndQuery : pathAndQuery[..query];
    }

    public TargetForm Form { get; }

    /// <summary>Host and port of the absolute form; they override the <c>Host</c> header (RFC 9112 section 3.2.2).</summary>
    public ReadOnlySpan<char> Authority { get; }

    /// <summary>Path and query as received.</summary>
    public ReadOnlySpan<char> PathAndQuery { get; }

    /// <summary>The path as received.</summary>
    public ReadOnlySpan<char> Path { get; }

    /// <summary>Parses a raw target; false if it has none of the forms or contains characters that no target may have.</summary>
    public static bool TryRead(ReadOnlySpan<char> raw, out RequestTarget target)
    {
        target = default;
        if (raw.ContainsAnyExcept(Allowed))
            return false;
        if (raw is "*")
        {
            target = new RequestTarget(TargetForm.Asterisk, default, raw);
            return true;
        }

        if (raw.StartsWith('/'))
        {
            target = new RequestTarget(TargetForm.Origin, default, raw);
            return true;
        }

        var scheme =
            raw.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? 7
            : raw.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? 8
            : 0;
        if (scheme == 0)
            return false;
        var rest = raw[scheme..];
        var end = rest.IndexOfAny("/?");
        var authority = end < 0 ? rest : rest[..end];
        // RFC 9112 section 3.2.1: an empty path is forwarded as "/".
        var pathAndQuery =
            end < 0 ? "/"
            : rest[end] == '/' ? rest[end..]
            : string.Concat("/", rest[end..]);
        target = new RequestTarget(TargetForm.Absolute, authority, pathAndQuery);
        return true;
    }
}
