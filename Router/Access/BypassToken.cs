using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace Router.Access;

/// <summary>The secret by which a tester passes a closed site, and where a request carries it. No backend ever gets it.</summary>
public static class BypassToken
{
    /// <summary>The field for scripts.</summary>
    public const string Header = "X-Router-Bypass";

    /// <summary>The cookie for browsers; the prefix makes them refuse it where it did not come securely (RFC 6265bis section 4.1.3).</summary>
    public const string Cookie = "__Secure-router-bypass";

    // Longer than any that is given out; what is longer is not worth a hash.
    private const int Longest = 100;

    /// <summary>A new one: 256 bits that nobody can guess.</summary>
    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>What is kept of it.</summary>
    public static string HashOf(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    /// <summary>The token that a request carries; null where it carries none.</summary>
    public static string? Of(HttpRequest request)
    {
        var token = request.Headers[Header].ToString();
        if (token is "" && request.Headers.Cookie.Count > 0)
            token = request.Cookies[Cookie] ?? "";
        return token is "" || token.Length > Longest ? null : token;
    }

    /// <summary>The value of <c>Cookie</c> without the token; null where nothing is left.</summary>
    public static string? Without(string? cookies)
    {
        if (cookies?.Contains(Cookie, StringComparison.Ordinal) != true)
            return cookies;
        var kept = cookies.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(pair => pair.Split('=', 2)[0].Trim() != Cookie);
        return string.Join("; ", kept) is { Length: > 0 } rest ? rest : null;
    }

    /// <summary>The same for several of them.</summary>
    public static StringValues Without(StringValues cookies)
    {
        if (cookies is [var only])
            return Without(only);
        return cookies.Select(Without).OfType<string>().ToArray();
    }
}
