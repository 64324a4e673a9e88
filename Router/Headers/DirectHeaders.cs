using Microsoft.Extensions.Primitives;
using Router.Pages;

namespace Router.Headers;

/// <summary>
/// The fields that most sites add and that the server's collection has a property for, but no place of their own.
/// By the property it need not first compare the name with all that have one.
/// </summary>
public static class DirectHeaders
{
    private static readonly Dictionary<string, Action<IHeaderDictionary, StringValues>> Setters = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Content-Security-Policy"] = static (headers, value) => headers.ContentSecurityPolicy = value,
        ["Content-Security-Policy-Report-Only"] = static (headers, value) => headers.ContentSecurityPolicyReportOnly = value,
        ["Strict-Transport-Security"] = static (headers, value) => headers.StrictTransportSecurity = value,
        ["X-Content-Type-Options"] = static (headers, value) => headers.XContentTypeOptions = value,
        ["X-Frame-Options"] = static (headers, value) => headers.XFrameOptions = value,
        ["X-XSS-Protection"] = static (headers, value) => headers.XXSSProtection = value,
    };

    /// <summary>
    /// Whether a field is one of these. Of these, Router's own responses have those of <see cref="ProtectiveHeaders"/>, which a rule
    /// replaces.
    /// </summary>
    public static bool Contains(string name) => Setters.ContainsKey(name);

    /// <summary>What sets a field, in place of the values that it has: by its property, or by its name where it has none.</summary>
    public static Action<IHeaderDictionary, StringValues> Setter(string name) =>
        Setters.GetValueOrDefault(name) ?? ((headers, value) => headers[name] = value);
}
