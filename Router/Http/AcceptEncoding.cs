using Microsoft.Extensions.Primitives;

namespace Router.Http;

/// <summary>Selects the content coding that a client accepts, for Router's own responses and for those that it compresses.</summary>
public static class AcceptEncoding
{
    /// <summary>Brotli (RFC 7932).</summary>
    public const string Brotli = "br";

    /// <summary>gzip (RFC 9110 section 8.4.1.3).</summary>
    public const string Gzip = "gzip";

    /// <summary>The client's preferred coding among those that Router supports (RFC 9110 section 12.5.3); null for none.</summary>
    public static string? Choose(StringValues acceptEncoding)
    {
        double? brotli = null,
            gzip = null,
            identity = null,
            any = null;
        foreach (var value in acceptEncoding)
        {
            var list = new WeightedList(value);
            while (list.MoveNext())
            {
                if (Is(list.Item, Brotli))
                    brotli = list.Weight;
                else if (Is(list.Item, Gzip) || Is(list.Item, "x-gzip"))
                    gzip = list.Weight;
                else if (Is(list.Item, "identity"))
                    identity = list.Weight;
                else if (list.Item is "*")
                    any = list.Weight;
            }
        }

        var (ofBrotli, ofGzip) = (brotli ?? any ?? 0, gzip ?? any ?? 0);
        var best = Math.Max(ofBrotli, ofGzip);
        // A client that lists identity with a higher weight has its reasons. A client that does not list it accepts it, but does not prefer
        // it.
        return best <= 0 || best < identity ? null
            : ofBrotli >= ofGzip ? Brotli
            : Gzip;
    }

    private static bool Is(ReadOnlySpan<char> text, string name) => text.Equals(name, StringComparison.OrdinalIgnoreCase);
}
