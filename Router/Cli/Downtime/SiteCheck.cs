using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Router.Cli.Downtime;

/// <summary>An address of the site that must respond before the site is opened.</summary>
/// <param name="Url">The address.</param>
/// <param name="Status">The status that it must respond with.</param>
internal sealed record SiteCheck(Uri Url, int Status)
{
    /// <summary>The form, for messages.</summary>
    public const string Form = "an address, such as https://www.example.org/ for status 200, or 302=https://www.example.org/old";

    public static bool TryParse(string text, [NotNullWhen(true)] out SiteCheck? check)
    {
        check = null;
        var (status, url) = (200, text);
        if (text.Length > 4 && text[3] == '=' && int.TryParse(text[..3], NumberStyles.None, CultureInfo.InvariantCulture, out status))
            url = text[4..];
        if (Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && status is >= 200 and <= 599)
            check = new SiteCheck(address, status);
        return check is not null;
    }
}
