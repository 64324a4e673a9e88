using System.Collections.Immutable;
using System.Globalization;

namespace Router.Configuration;

/// <summary>
/// Reads one section of the configuration, value by value. The framework's binder stops at the first bad value and ignores unknown keys;
/// this reader records every error with its key and a hint. A key that is never read is an error too, since it is most likely a typing
/// error.
/// </summary>
/// <param name="variables">The environment variables that feed keys.</param>
/// <param name="errors">Receives the validation errors.</param>
/// <param name="asked">Receives every key that is asked for, here and below; null if nobody wants to know.</param>
public sealed class ConfigurationReader(
    IConfigurationSection section,
    ConfigurationVariables variables,
    ValidationErrors errors,
    Action<KnownKey>? asked = null
)
{
    private static readonly (string Suffix, double Milliseconds)[] DurationUnits =
    [
        ("ms", 1),
        ("s", 1_000),
        ("m", 60_000),
        ("h", 3_600_000),
    ];

    // Requested once: each access to a section goes through every layer of the configuration.
    private readonly Dictionary<string, IConfigurationSection> _here = section
        .GetChildren()
        .ToDictionary(child => child.Key, StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The section's full key, such as <c>Router:Backends:api</c>.</summary>
    public string Path => Location.Path;

    /// <summary>Where the section is, for errors that are found after it was read.</summary>
    public ConfigurationLocation Location { get; } = new(section.Path, variables, errors);

    /// <summary>The section's own name, such as <c>api</c>.</summary>
    public string Name => section.Key;

    /// <summary>Whether it has child sections rather than a text.</summary>
    public bool HoldsSections => _here.Count > 0;

    /// <summary>
    /// Records an error of the value under <paramref name="key"/>, unless that is a list or a section instead of a value.
    /// </summary>
    public void AddError(string key, string problem, string hint) => Location.AddError(key, problem, hint);

    /// <summary>The text under a key, trimmed; null if it is absent or empty.</summary>
    /// <param name="choices">The values that the caller accepts, as the schema names them; none if it accepts any.</param>
    public string? Text(string key, params string[] choices)
    {
        Note(key, KnownKeyType.Text, choices: choices is [] ? null : choices);
        return TextOf(key);
    }

    /// <summary>
    /// The text under a key that names a destination, a file, a secret or another section; null if it is absent. Set but empty is an error:
    /// most likely a template did not fill it in.
    /// </summary>
    /// <param name="hint">What to write there.</param>
    public string? FilledText(string key, string hint)
    {
        RefuseEmpty(key, hint);
        return Text(key);
    }

    private string? TextOf(string key)
    {
        _known.Add(key);
        // Otherwise a list with the name of one allow list would count as no allow list, and the host would be open to everyone.
        if (_here.TryGetValue(key, out var child) && child.GetChildren().Any())
            Location.RefuseList(key);
        var text = ValueOf(key)?.Trim();
        return string.IsNullOrEmpty(text) ? null : text;
    }

    /// <summary>The text under a required key.</summary>
    public string RequiredText(string key, string hint)
    {
        if (Text(key) is { } text)
            return text;
        AddError(key, "is not set", hint);
        return "";
    }

    /// <summary>One of an enumeration's names, in any case; null if it is none of them (and an error if there is text).</summary>
    public T? Choice<T>(string key)
        where T : struct, Enum
    {
        Note(key, KnownKeyType.Text, choices: asked is null ? null : Enum.GetNames<T>());
        if (TextOf(key) is not { } text)
            return null;
        foreach (var value in Enum.GetValues<T>())
        {
            if (string.Equals(value.ToString(), text, StringComparison.OrdinalIgnoreCase))
                return value;
        }

        AddError(key, $"is '{text}'", $"Choose one of {string.Join(", ", Enum.GetNames<T>())}");
        return null;
    }

    /// <summary>A boolean, also written <c>enabled</c> and <c>disabled</c>.</summary>
    public bool Flag(string key, bool otherwise)
    {
        Note(key, KnownKeyType.Flag, otherwise ? "true" : "false");
        return FlagOf(key) ?? otherwise;
    }

    /// <summary>A boolean as in <see cref="Flag"/>; null if it is absent.</summary>
    public bool? OptionalFlag(string key)
    {
        Note(key, KnownKeyType.Flag);
        return FlagOf(key);
    }

    private bool? FlagOf(string key)
    {
        switch (TextOf(key)?.ToLowerInvariant())
        {
            case null:
                return null;
            case "true" or "enabled" or "on" or "yes":
                return true;
            case "false" or "disabled" or "off" or "no":
                return false;
            default:
                AddError(key, $"is '{TextOf(key)}'", "Write true or false");
                return null;
        }
    }

    /// <summary>A duration such as <c>500ms</c>, <c>1s</c>, <c>5m</c>, <c>2h</c> or <c>00:00:30</c>.</summary>
    public TimeSpan Duration(string key, TimeSpan otherwise)
    {
        Note(key, KnownKeyType.Duration, Written(otherwise));
        return Duration(key, otherwise, mayBeZero: false);
    }

    /// <summary>A duration as in <see cref="Duration(string, TimeSpan)"/>, or zero.</summary>
    public TimeSpan DurationOrZero(string key, TimeSpan otherwise)
    {
        // The default is that of another key.
        Note(key, KnownKeyType.Duration);
        return Duration(key, otherwise, mayBeZero: true);
    }

    private TimeSpan Duration(string key, TimeSpan otherwise, bool mayBeZero)
    {
        if (TextOf(key) is not { } text)
            return otherwise;
        if (
            TryDuration(text, out var duration)
            && (mayBeZero ? duration >= TimeSpan.Zero : duration > TimeSpan.Zero)
            && duration <= TimeSpan.FromDays(7)
        )
            return duration;
        AddError(
            key,
            $"is '{text}'",
            $"Give a duration {(mayBeZero ? "from" : "above")} zero and up to seven days, such as 500ms, 30s, 5m or 00:00:30"
        );
        return otherwise;
    }

    /// <summary>A duration as in <see cref="Duration(string, TimeSpan)"/>, or null for <c>off</c>.</summary>
    public TimeSpan? DurationOrOff(string key, TimeSpan? otherwise)
    {
        Note(key, KnownKeyType.DurationOrOff, otherwise is { } duration ? Written(duration) : "off");
        if (TextOf(key) is not { } text)
            return otherwise;
        return text.Equals("off", StringComparison.OrdinalIgnoreCase) ? null : Duration(key, otherwise ?? TimeSpan.Zero, mayBeZero: false);
    }

    /// <summary>A whole number within bounds.</summary>
    public int Number(string key, int otherwise, int min, int max)
    {
        Note(key, KnownKeyType.Number, otherwise.ToString(CultureInfo.InvariantCulture), min, max);
        return NumberOf(key, min, max) ?? otherwise;
    }

    /// <summary>A whole number within bounds; null if it is absent.</summary>
    public int? OptionalNumber(string key, int min, int max)
    {
        Note(key, KnownKeyType.Number, null, min, max);
        return NumberOf(key, min, max);
    }

    private int? NumberOf(string key, int min, int max)
    {
        if (TextOf(key) is not { } text)
            return null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max)
            return number;
        AddError(key, $"is '{text}'", $"Give a whole number from {min} to {max}");
        return null;
    }

    /// <summary>A number within bounds, with a point as the decimal separator.</summary>
    public double Fraction(string key, double otherwise, double min, double max)
    {
        Note(key, KnownKeyType.Fraction, null, min, max);
        if (TextOf(key) is not { } text)
            return otherwise;
        if (
            double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number >= min
            && number <= max
        )
            return number;
        AddError(key, $"is '{text}'", string.Create(CultureInfo.InvariantCulture, $"Give a number from {min} to {max}, such as 3 or 0.5"));
        return otherwise;
    }

    /// <summary>A number of bytes, such as <c>40MiB</c> or <c>1048576</c>; null if it is absent.</summary>
    public long? Size(string key)
    {
        Note(key, KnownKeyType.Size);
        if (TextOf(key) is not { } text)
            return null;
        if (TrySize(text, out var size))
            return size;
        AddError(key, $"is '{text}'", "Give a number of bytes, such as 40MiB, 512KiB or 1048576");
        return null;
    }

    /// <summary>A list, written as an array or as one comma-separated text. Absent means empty; an empty entry is an error.</summary>
    public ImmutableArray<string> List(string key)
    {
        Note(key, KnownKeyType.List);
        _known.Add(key);
        if (!_here.TryGetValue(key, out var child))
            return [];
        var below = child.GetChildren().ToArray();
        if (below is not [] && !string.IsNullOrWhiteSpace(child.Value))
            // One is the file's text and one an environment entry: neither states that the other should be dropped.
            AddError(
                key,
                "is a text in one place and a list in another",
                $"Set the whole list in one place, such as {Path.Replace(":", "__", StringComparison.Ordinal)}__{key}=a,b"
            );
        if (below.Any(entry => entry.Value is null || !entry.Key.All(char.IsAsciiDigit)))
            AddError(key, "holds sections", "Give a list of texts, or one text with commas");
        var entries = below is [] ? (child.Value ?? "").Split(',') : child.Get<string[]>() ?? [];
        if (entries is [var only] && string.IsNullOrWhiteSpace(only))
            return [];
        var list = entries.Select(entry => entry?.Trim() ?? "").ToImmutableArray();
        if (list.Contains(""))
            AddError(key, "has an empty entry", "Separate the entries by single commas");
        return list.RemoveAll(string.IsNullOrEmpty);
    }

    /// <summary>Whether a key has a value or section.</summary>
    public bool Has(string key)
    {
        // Known also where it is not set, so that a mistyped key leads to it.
        _known.Add(key);
        return _here.ContainsKey(key);
    }

    /// <summary>Records an error for a key that is set but empty: its default admits more than the operator may have meant.</summary>
    public void RefuseEmpty(string key, string hint)
    {
        if (_here.TryGetValue(key, out var child) && string.IsNullOrWhiteSpace(child.Value) && !child.GetChildren().Any())
            AddError(key, "is empty", hint);
    }

    /// <summary>Records an error for a list that is written as one text, where another reader takes only a list.</summary>
    public void RefuseText(string key, string hint)
    {
        if (ValueOf(key) is { Length: > 0 } text)
            AddError(key, $"is the text '{text}'", hint);
    }

    public ConfigurationReader Child(string key)
    {
        _known.Add(key);
        return new ConfigurationReader(section.GetSection(key), variables, errors, asked);
    }

    /// <summary>The named sections under a key.</summary>
    public IEnumerable<ConfigurationReader> Children(string key)
    {
        _known.Add(key);
        if (ValueOf(key) is { Length: > 0 } text)
            AddError(key, $"is the text '{text}'", "Write a section with one named section for each");
        return !_here.TryGetValue(key, out var named)
            ? []
            : named.GetChildren().Select(child => new ConfigurationReader(child, variables, errors, asked));
    }

    /// <summary>Every key here with its text: for a section whose keys are names chosen by the operator.</summary>
    public IEnumerable<KeyValuePair<string, string>> Texts()
    {
        Note("*", KnownKeyType.Text);
        foreach (var name in _here.Values.Where(child => child.GetChildren().Any()).Select(child => child.Key))
            AddError(name, ConfigurationLocation.NotOneValue, "Give one text");
        return _here.Values.Select(child => KeyValuePair.Create(child.Key, child.Value?.Trim() ?? ""));
    }

    /// <summary>
    /// Records an error for a declared variable whose key is below none that Router knows. Call it after all keys were read.
    /// </summary>
    public void RefuseUnknownVariables()
    {
        foreach (var (variable, key) in variables.Declared)
        {
            var name = key[(Path.Length + 1)..].Split(':')[0];
            if (!_known.Contains(name))
                AddError(
                    $"Variables:{variable}",
                    $"sets '{name}', which is not a key that Router knows",
                    NearestName.Of(name, _known) is { } meant ? $"Did you mean {meant}?" : ConfigurationVariables.KeyHint
                );
        }
    }

    /// <summary>Records an error for every key below this section that no call has requested. Call it last.</summary>
    public void RefuseUnknownKeys()
    {
        foreach (var key in _here.Keys)
        {
            if (!_known.Contains(key))
                AddError(
                    key,
                    "is not a key that Router knows",
                    $"{(NearestName.Of(key, _known) is { } meant ? $"Did you mean {meant}? " : "")}Known here: "
                        + $"{string.Join(", ", _known.Order(StringComparer.Ordinal))}"
                );
        }

        if (section.Value is { Length: > 0 } value)
            errors.Add(
                Path,
                $"is the text '{value}'",
                $"Give a section with the keys {string.Join(", ", _known.Order(StringComparer.Ordinal))}"
            );
    }

    private void Note(
        string key,
        KnownKeyType type,
        string? otherwise = null,
        double? min = null,
        double? max = null,
        string[]? choices = null
    ) => asked?.Invoke(new KnownKey($"{Path}:{key}", type, otherwise, min, max, choices));

    private static string Written(TimeSpan duration) =>
        duration.TotalSeconds < 1 ? string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds}ms")
        : duration.TotalSeconds % 3600 == 0 ? string.Create(CultureInfo.InvariantCulture, $"{duration.TotalHours}h")
        : string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds}s");

    private string? ValueOf(string key) => _here.TryGetValue(key, out var child) ? child.Value : null;

    /// <summary>Reads a duration such as <c>500ms</c>, <c>30s</c>, <c>5m</c>, <c>2h</c> or <c>00:00:30</c>.</summary>
    public static bool TryDuration(string text, out TimeSpan duration)
    {
        foreach (var (suffix, milliseconds) in DurationUnits)
        {
            if (
                text.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)
                && double.TryParse(
                    text.AsSpan(0, text.Length - suffix.Length),
                    NumberStyles.AllowDecimalPoint,
                    CultureInfo.InvariantCulture,
                    out var number
                )
                && number * milliseconds < TimeSpan.MaxValue.TotalMilliseconds
            )
            {
                duration = TimeSpan.FromMilliseconds(number * milliseconds);
                return true;
            }
        }

        // A bare number would be read as days.
        duration = default;
        return text.Contains(':') && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out duration);
    }

    private static bool TrySize(string text, out long size)
    {
        foreach (var (suffix, bytes) in SizeText.Units)
        {
            if (text.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
            {
                var whole =
                    long.TryParse(
                        text.AsSpan(0, text.Length - suffix.Length).Trim(),
                        NumberStyles.None,
                        CultureInfo.InvariantCulture,
                        out var number
                    )
                    && number <= long.MaxValue / bytes;
                size = whole ? number * bytes : 0;
                return whole;
            }
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out size);
    }
}
