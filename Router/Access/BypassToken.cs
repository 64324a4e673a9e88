using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace Router.Access;

/// <summary>The secret that exempts a request from the closed site, and where a request carries it. No backend ever receives it.</summary>
public static class BypassToken
{
    /// <summary>The header for scripts.</summary>
    public const string Header = "X-Router-Bypass";

    /// <summary>
    /// The cookie for browsers on https; the prefix makes them reject it unless it was set securely (RFC 6265bis section 4.1.3).
    /// </summary>
    public const string SecureCookie = "__Secure-" + PlainCookie;

    /// <summary>The cookie for browsers on plain http, which drop a cookie with the prefix or the Secure attribute.</summary>
    public const string PlainCookie = "router-bypass";

    // Longer than any issued token; a longer one is not worth a hash.
    private const int MaxLength = 100;

    // A browser may hold one of an earlier window, one for the host and one for its domain, of each name. Any more are forged.
    private const int MaxTokens = 8;

    /// <summary>A new token: 256 unguessable bits.</summary>
    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>The hash that is stored instead of the token.</summary>
    public static string HashOf(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    /// <summary>All tokens that a request carries: an old cookie must not hide a newer one.</summary>
    public static IEnumerable<string> Of(HttpRequest request)
    {
        var (header, cookies) = (request.Headers[Header], request.Headers.Cookie);
        // Nearly all visitors of a closed site send neither: splitting their cookies would cost more than the page's lookup.
        return header.Count == 0 && !MayHold(cookies) ? [] : All(header, cookies);
    }

    /// <summary>The value of <c>Cookie</c> without the token; null if nothing is left.</summary>
    public static string? Without(string? cookies)
    {
        if (cookies?.Contains(PlainCookie, StringComparison.Ordinal) != true)
            return cookies;
        return string.Join("; ", Pairs(cookies).Where(static pair => !IsToken(pair))) is { Length: > 0 } rest ? rest : null;
    }

    /// <summary>The values of <c>Cookie</c> without the token.</summary>
    public static StringValues Without(StringValues cookies)
    {
        if (cookies is [var only])
            return Without(only);
        return cookies.Select(Without).OfType<string>().ToArray();
    }

    private static bool MayHold(StringValues cookies)
    {
        foreach (var line in cookies)
        {
            if (line?.Contains(PlainCookie, StringComparison.Ordinal) == true)
                return true;
        }

        return false;
    }

    private static IEnumerable<string> All(StringValues header, StringValues cookies) =>
        header
            .OfType<string>()
            .Concat(
                cookies
                    .SelectMany(static line => Pairs(line))
                    .Where(static pair => IsToken(pair))
                    .Select(static pair => pair[(pair.IndexOf('=', StringComparison.Ordinal) + 1)..].Trim())
            )
            .Where(static token => token.Length is > 0 and <= MaxLength)
            .Take(MaxTokens);

    // Reading a token and removing it split the header in the same way, so that no spelling is accepted and still forwarded.
    private static string[] Pairs(string? cookies) =>
        cookies?.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    // Cookie names are case-sensitive (RFC 6265 section 5.3), unlike the framework's collection.
    private static bool IsToken(string pair) => pair.Split('=', 2) is [var name, _] && name.Trim() is SecureCookie or PlainCookie;
}
