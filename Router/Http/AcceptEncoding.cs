using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace Router.Http;

/// <summary>Which coding of a body a client takes: for what Router says itself and for what it compresses on its way.</summary>
public static class AcceptEncoding
{
    /// <summary>Brotli's name (RFC 7932).</summary>
    public const string Brotli = "br";

    /// <summary>gzip's name (RFC 9110 section 8.4.1.3).</summary>
    public const string Gzip = "gzip";

    /// <summary>The coding that a client likes best of those that Router makes (RFC 9110 section 12.5.3); null for none.</summary>
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
        // Who names identity and likes it better has his reasons; who does not name it would take it too, but not rather.
        return best <= 0 || best < identity ? null
            : ofBrotli >= ofGzip ? Brotli
            : Gzip;
    }

    // What is no weight is none: better the plain body than one that the client can't read.
    private static double Quality(ReadOnlySpan<char> weight) =>
        weight.StartsWith("q=", StringComparison.OrdinalIgnoreCase)
        && double.TryParse(weight[2..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var quality)
        && quality <= 1
            ? quality
            : 0;

    private static bool Is(ReadOnlySpan<char> text, string name) => text.Equals(name, StringComparison.OrdinalIgnoreCase);
}
