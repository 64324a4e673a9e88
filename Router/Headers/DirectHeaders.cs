using Microsoft.Extensions.Primitives;
using Router.Pages;

namespace Router.Headers;

/// <summary>
/// Headers that most sites add and for which the server's header collection has a property but no slot of its own.
/// The property avoids comparing the name with all names that have a slot.
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
    /// Whether a header is one of these. Of these, Router's own responses carry those in <see cref="ProtectiveHeaders"/>, which a rule
    /// replaces.
    /// </summary>
    public static bool Contains(string name) => Setters.ContainsKey(name);

    /// <summary>
    /// Returns the action that sets a header and replaces its values: through its property if it has one, otherwise by name.
    /// </summary>
    public static Action<IHeaderDictionary, StringValues> Setter(string name) =>
        Setters.GetValueOrDefault(name) ?? ((headers, value) => headers[name] = value);
}
