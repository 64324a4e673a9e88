using System.Collections.Frozen;
using System.Text;

namespace Router.Forwarding.Headers;

/// <summary>The names that most answers' fields have, so that each answer need not make them anew. Letter by letter: what is written otherwise stays so.</summary>
public static class FieldNames
{
    private const int Longest = 40;

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Known = new[]
    {
        "Accept-Ranges", "Access-Control-Allow-Credentials", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods", "Access-Control-Allow-Origin", "Age", "Allow",
        "Alt-Svc", "Cache-Control", "Connection", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Length", "Content-Range", "Content-Security-Policy",
        "Content-Type", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Date", "ETag", "Expires", "Keep-Alive", "Last-Modified", "Link", "Location",
        "Permissions-Policy", "Pragma", "Referrer-Policy", "Retry-After", "Server", "Set-Cookie", "Strict-Transport-Security", "Trailer", "Transfer-Encoding", "Upgrade", "Vary",
        "Via", "WWW-Authenticate", "X-Content-Type-Options", "X-Frame-Options", "X-Powered-By", "X-Request-Id", "X-XSS-Protection",
        "cache-control", "content-encoding", "content-length", "content-type", "date", "etag", "location", "server", "set-cookie", "vary",
    }.ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The name that these octets of ASCII are.</summary>
    public static string Of(ReadOnlySpan<byte> octets)
    {
        if (octets.Length > Longest)
            return Encoding.ASCII.GetString(octets);
        Span<char> letters = stackalloc char[Longest];
        letters = letters[..Encoding.ASCII.GetChars(octets, letters)];
        return Known.TryGetValue(letters, out var known) ? known : new string(letters);
    }
}
