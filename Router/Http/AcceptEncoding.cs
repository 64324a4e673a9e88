using System.Globalization;
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
            foreach (var range in value.AsSpan().Split(','))
            {
                var entry = value.AsSpan(range);
                var semicolon = entry.IndexOf(';');
                var name = (semicolon < 0 ? entry : entry[..semicolon]).Trim(" \t");
                var quality = semicolon < 0 ? 1 : Quality(entry[(semicolon + 1)..].Trim(" \t"));
                if (Is(name, Brotli))
                    brotli = quality;
                else if (Is(name, Gzip) || Is(name, "x-gzip"))
                    gzip = quality;
                else if (Is(name, "identity"))
                    identity = quality;
                else if (name is "*")
                    any = quality;
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

    // An invalid weight counts as zero: an uncompressed body is better than one that the client cannot decode.
    private static double Quality(ReadOnlySpan<char> weight) =>
        weight.StartsWith("q=", StringComparison.OrdinalIgnoreCase)
        && double.TryParse(weight[2..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var quality)
        && quality <= 1
            ? quality
            : 0;

    private static bool Is(ReadOnlySpan<char> text, string name) => text.Equals(name, StringComparison.OrdinalIgnoreCase);
}
