using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Router.Configuration;

namespace Router.Pages;

/// <summary>
/// The texts of Router's responses in one language: a file of <c>wwwroot/languages</c>, named after the language tag (RFC 5646).
/// </summary>
public sealed class Language
{
    private readonly LanguageFile _file;

    private Language(string tag, LanguageFile file) => (Tag, _file) = (tag, file);

    /// <summary>The tag, such as <c>en</c>.</summary>
    public string Tag { get; }

    /// <summary><c>ltr</c>, or <c>rtl</c> if the file says so.</summary>
    public string Direction => _file.Direction ?? "ltr";

    /// <summary>Reads every language, the default one first. A missing text is a validation error.</summary>
    public static IReadOnlyList<Language> Load(string directory, PagesSettings settings, ValidationErrors errors)
    {
        var languages = new List<Language>();
        foreach (var path in Files(directory, errors))
        {
            if (Read(path, errors) is { } file)
                languages.Add(new Language(Path.GetFileNameWithoutExtension(path), file));
        }

        foreach (var (tag, texts) in settings.Texts)
        {
            if (languages.Find(language => language.Tag.Equals(tag, StringComparison.OrdinalIgnoreCase)) is not { } language)
            {
                errors.Add(
                    $"{ConfigurationSections.Router}:Pages:Texts:{tag}",
                    "is not an available language",
                    $"Put {tag}.json beside en.json in wwwroot/languages, or name one of "
                        + $"{string.Join(", ", languages.Select(it => it.Tag))}"
                );
                continue;
            }

            foreach (var (key, text) in texts)
            {
                if (language._file.Texts.ContainsKey(key))
                    language._file.Texts[key] = text;
                else
                    errors.Add(
                        $"{ConfigurationSections.Router}:Pages:Texts:{tag}:{key}",
                        "is not the name of a text",
                        $"Name one of those in {tag}.json"
                    );
            }
        }

        if (languages.Find(language => language.Tag.Equals(settings.Language, StringComparison.OrdinalIgnoreCase)) is not { } first)
        {
            errors.Add(
                $"{ConfigurationSections.Router}:Pages:Language",
                $"'{settings.Language}' is not an available language",
                $"Put {settings.Language}.json into {directory}"
            );
            return languages;
        }

        foreach (var language in languages)
        {
            var missing = first._file.Texts.Keys.Except(language._file.Texts.Keys).ToArray();
            if (missing is not [] || language._file.Days.Length != 7 || language._file.Months.Length != 12)
                errors.Add(
                    Path.Combine(directory, language.Tag + ".json"),
                    $"lacks {string.Join(", ", missing is [] ? ["days or months"] : missing)}",
                    $"Add what {first.Tag}.json has"
                );
        }

        return [first, .. languages.Where(language => language != first)];
    }

    private static string[] Files(string directory, ValidationErrors errors)
    {
        try
        {
            return Directory.Exists(directory) ? [.. Directory.EnumerateFiles(directory, "*.json").Order(StringComparer.Ordinal)] : [];
        }
        catch (Exception failure) when (FileText.IsUnreadable(failure))
        {
            errors.Add(directory, $"can't be read: {FileText.Problem(directory, failure)}", FileText.Hint(directory, failure));
            return [];
        }
    }

    private static LanguageFile? Read(string path, ValidationErrors errors)
    {
        if (FileText.TryRead(path, out var problem, out var hint) is not { } content)
        {
            errors.Add(path, $"can't be read: {problem}", hint);
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(content, LanguageJson.Default.LanguageFile) ?? throw new JsonException("it is null");
        }
        catch (JsonException error)
        {
            errors.Add(path, $"can't be read ({error.Message.TrimEnd('.')})", "Start from the release's en.json");
            return null;
        }
    }

    /// <summary>A text; "" if there is none with that key.</summary>
    public string Text(string key) => _file.Texts.GetValueOrDefault(key, "");

    /// <summary>A time in readable form, with the name of the time zone.</summary>
    public string Time(DateTimeOffset instant, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(instant, zone);
        // Nobody calls the time in London "Europe/London".
        var name = _file.Zones?.GetValueOrDefault(zone.Id) ?? zone.Id[(zone.Id.LastIndexOf('/') + 1)..].Replace('_', ' ');
        return Text("time")
            .Replace("{clock}", Clock(local), StringComparison.Ordinal)
            .Replace("{day}", _file.Days[(int)local.DayOfWeek], StringComparison.Ordinal)
            .Replace("{date}", local.Day.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{month}", _file.Months[local.Month - 1], StringComparison.Ordinal)
            .Replace("{year}", local.Year.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{zone}", name, StringComparison.Ordinal);
    }

    // Twelve-hour clock if the language has texts for the halves of the day; ":00" is then omitted.
    private string Clock(DateTimeOffset local)
    {
        if (Text("time.am") is not { Length: > 0 } am)
            return local.ToString("HH:mm", CultureInfo.InvariantCulture);
        if (local is { Minute: 0, Hour: 0 or 12 } && Text(local.Hour == 0 ? "time.midnight" : "time.midday") is { Length: > 0 } word)
            return word;
        var clock = local.ToString(local.Minute == 0 ? "%h" : "h:mm", CultureInfo.InvariantCulture);
        return clock + (local.Hour < 12 ? am : Text("time.pm"));
    }
}

/// <summary>A file of <c>wwwroot/languages</c>.</summary>
internal sealed class LanguageFile
{
    public string? Direction { get; init; }

    public required string[] Days { get; init; }

    public required string[] Months { get; init; }

    public Dictionary<string, string>? Zones { get; init; }

    public required Dictionary<string, string> Texts { get; init; }
}

/// <summary>Reads the files without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true
)]
[JsonSerializable(typeof(LanguageFile))]
internal sealed partial class LanguageJson : JsonSerializerContext;
