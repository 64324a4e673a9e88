using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Router.Configuration;

public static partial class PagesReader
{
    // WCAG 2.2, success criterion 1.4.3.
    private const double MinContrast = 4.5;

    /// <summary>Reads <c>Router:Pages</c> and records the errors.</summary>
    public static PagesSettings Read(ConfigurationReader reader)
    {
        var language = reader.Text("Language") ?? "en";
        var settings = new PagesSettings
        {
            ServiceName = reader.Text("ServiceName"),
            Contact = reader.Text("Contact"),
            TimeZone = TimeZone(reader),
            Language = language,
            ReasonLanguage = ReasonLanguage(reader) ?? language,
            Template = reader.FilledText("Template", RouteSettings.FileHint) ?? "page.html",
            AllowedOrigins = Origins(reader),
            Colours = Colours(reader.Child("Colours"), new PageColours("#0b0c0c", "#ffffff", "#1d5c96")),
            DarkColours = Colours(reader.Child("DarkColours"), new PageColours("#f0f1f2", "#16191d", "#8ab8e6")),
            Texts = [.. reader.Children("Texts").Select(language => (language.Name, language.Texts().ToImmutableArray()))],
        };
        reader.RefuseUnknownKeys();
        return settings;
    }

    private static TimeZoneInfo TimeZone(ConfigurationReader reader)
    {
        var id = reader.Text("TimeZone") ?? "UTC";
        if (id is "UTC")
            return TimeZoneInfo.Utc;
        if (TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone))
            return zone;
        reader.AddError(
            "TimeZone",
            $"'{id}' is not a time zone that this machine knows",
            "Write UTC, or a name such as Europe/London, for which the machine needs the package tzdata"
        );
        return TimeZoneInfo.Utc;
    }

    // It goes into the page's lang attribute: letters, digits and hyphens (RFC 5646 section 2.1). No file of texts is needed for it.
    private static string? ReasonLanguage(ConfigurationReader reader)
    {
        var tag = reader.Text("ReasonLanguage");
        if (tag is not null && !LanguageTag().IsMatch(tag))
            reader.AddError("ReasonLanguage", $"'{tag}' is not a language tag", "Write the language of your reasons, such as en or cy");
        return tag;
    }

    private static ImmutableArray<string> Origins(ConfigurationReader reader)
    {
        var origins = reader.List("AllowedOrigins");
        foreach (var origin in origins)
        {
            if (
                !Uri.TryCreate(origin, UriKind.Absolute, out var uri)
                || uri.Scheme is not ("http" or "https")
                || !origin.Equals(uri.GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase)
            )
                reader.AddError(
                    "AllowedOrigins",
                    $"'{origin}' is not an origin",
                    "Give scheme, host and port only, as browsers send it, such as https://www.example.org"
                );
        }

        return origins;
    }

    private static PageColours Colours(ConfigurationReader reader, PageColours otherwise)
    {
        var colours = new PageColours(
            Colour("Text", otherwise.Text),
            Colour("Background", otherwise.Background),
            Colour("Accent", otherwise.Accent)
        );
        foreach (var (key, colour) in new[] { ("Text", colours.Text), ("Accent", colours.Accent) })
        {
            var contrast = Contrast(colour, colours.Background);
            if (contrast < MinContrast)
                reader.AddError(
                    key,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"'{colour}' on '{colours.Background}' has a contrast of {contrast:F1} to 1, which many people cannot read"
                    ),
                    "Choose colours with a contrast of at least 4.5 to 1 (WCAG 2.2)"
                );
        }

        reader.RefuseUnknownKeys();
        return colours;

        string Colour(string key, string without)
        {
            if (reader.Text(key) is not { } text)
                return without;
            if (text is ['#', .. { Length: 6 } digits] && digits.All(char.IsAsciiHexDigit))
                return text;
            reader.AddError(key, $"'{text}' is not a colour", "Write it as #rrggbb, such as #1d5c96");
            return without;
        }
    }

    // WCAG 2.2, definition of contrast ratio.
    private static double Contrast(string one, string other)
    {
        var (first, second) = (Luminance(one), Luminance(other));
        return (Math.Max(first, second) + 0.05) / (Math.Min(first, second) + 0.05);
    }

    private static double Luminance(string colour)
    {
        return (0.2126 * Part(1)) + (0.7152 * Part(3)) + (0.0722 * Part(5));

        double Part(int at)
        {
            var value = int.Parse(colour.AsSpan(at, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0;
            return value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);
        }
    }

    [GeneratedRegex("^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")]
    private static partial Regex LanguageTag();
}
