using System.Text;
using System.Text.RegularExpressions;
using Router.Configuration;

namespace Router.Pages;

/// <summary>
/// A page with placeholders. A line whose placeholders are empty is omitted, so that the page has no empty paragraphs. The values must be
/// encoded already.
/// </summary>
public sealed partial class PageTemplate
{
    /// <summary>The known placeholders.</summary>
    public static readonly IReadOnlyList<string> Placeholders =
    [
        "language",
        "direction",
        "service",
        "title",
        "title-and-service",
        "sent",
        "detail",
        "when",
        "reason",
        "reason-language",
        "contact",
        "since",
        "again",
        "label",
        "button",
        "expiry",
        "scope",
        "enter",
        "colours",
        "dark-colours",
    ];

    private readonly string[] _lines;

    private PageTemplate(string text) => _lines = text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');

    /// <summary>Reads a page; a missing page or an unknown placeholder is a validation error.</summary>
    public static PageTemplate? Load(string directory, string name, string key, ValidationErrors errors)
    {
        const string Hint = "Name a page in that folder, or put the release's wwwroot beside the binary";
        if (FileText.Read(directory, name, key, Hint, errors) is not { } content)
            return null;
        using var reader = new StreamReader(new MemoryStream(content));
        var text = reader.ReadToEnd();
        foreach (
            var unknown in Placeholder()
                .Matches(text)
                .Select(match => match.Groups[1].Value)
                .Where(found => !Placeholders.Contains(found))
                .Distinct()
        )
            errors.Add(key, $"'{name}' has the unknown placeholder '{unknown}'", $"Use {string.Join(", ", Placeholders)}");
        return new PageTemplate(text);
    }

    /// <summary>The page with the values filled in.</summary>
    public string Fill(IReadOnlyDictionary<string, string> values)
    {
        var page = new StringBuilder();
        foreach (var line in _lines)
        {
            var (found, said) = (false, false);
            var filled = Placeholder()
                .Replace(
                    line,
                    match =>
                    {
                        var value = values.GetValueOrDefault(match.Groups[1].Value, "");
                        (found, said) = (true, said || value is not "");
                        return value;
                    }
                );
            if (!found || said)
                page.Append(filled).Append('\n');
        }

        return page.ToString();
    }

    [GeneratedRegex(@"\{\{([a-z-]+)\}\}")]
    private static partial Regex Placeholder();
}
