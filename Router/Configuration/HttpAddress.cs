using System.Diagnostics.CodeAnalysis;

namespace Router.Configuration;

/// <summary>Parses the absolute addresses of servers.</summary>
public static class HttpAddress
{
    public static string Problem(string text) => $"'{text}' is not an http or https address";

    /// <summary>Parses an http or https address with a host.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Uri? address) =>
        Uri.TryCreate(text, UriKind.Absolute, out address) && address.Scheme is "http" or "https" && address.Host is not "";
}
