using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Router.Configuration;
using Router.Modes;

namespace Router.Tests.Harness;

/// <summary>
/// Makes the JSON Schema of the configuration: the keys, types, bounds and defaults are those that the readers ask for, and the
/// descriptions those of <c>Router/CONFIGURATION.md</c>.
/// </summary>
internal static partial class ConfigurationSchema
{
    private const string AnyName = "*";

    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    // A configuration that has each named section once, so that the readers ask for every key there is.
    private static readonly string[] Probe =
    [
        "Router:Backends:*:Kind=Api",
        "Router:ResponseHeaders:*:Add:*=x",
        "Router:ErrorPages:*:Path=/",
        "Router:AllowLists:*=203.0.113.7",
        "Router:TrustedProxyLists:*:Refresh=1h",
        "Router:RateLimits:*:Rate=1",
        "Router:Hosts:*:Paths:*:Match=/",
        "Router:Pages:Texts:*:*=x",
        "Router:ModeStore:ActivationDelay=2s",
        "Kestrel:EndpointDefaults:Protocols=Http1",
        "Kestrel:Certificates:*:Path=x",
        "Kestrel:Endpoints:*:Certificate:Path=x",
        "Kestrel:Endpoints:*:Sni:*:Certificate:Path=x",
    ];

    /// <summary>The schema, as the file has it.</summary>
    public static string Text() => Schema().ToJsonString(Readable) + "\n";

    /// <summary>Every key that the readers know; a name that the operator chooses is <c>*</c>.</summary>
    public static IReadOnlyList<KnownKey> Keys()
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(Probe.Select(line => line.Split('=')).ToDictionary(pair => pair[0], string? (pair) => pair[1]))
            .Build();
        // Variables is read together with the environment, not by these readers.
        var keys = new List<KnownKey> { new($"{ConfigurationVariables.Section}:{AnyName}", KnownKeyType.List) };
        SettingsReader.Read(configuration, new ValidationErrors(), keys.Add);
        KestrelReader.Check(configuration, new ValidationErrors(), keys.Add);
        // A reader may look at the text before it reads a value of another type.
        return
        [
            .. keys.GroupBy(key => key.Path)
                .Select(asked => asked.LastOrDefault(key => key.Type != KnownKeyType.Text || key.Choices is not null) ?? asked.First()),
        ];
    }

    private static JsonObject Schema()
    {
        var described = Descriptions();
        var schema = new JsonObject
        {
            ["$schema"] = "http://json-schema.org/draft-07/schema#",
            ["title"] = "Router's configuration",
            ["type"] = "object",
            ["properties"] = new JsonObject
            {
                ["$schema"] = new JsonObject { ["type"] = "string", ["description"] = "Where this schema is. Router ignores it." },
                ["Logging"] = new JsonObject { ["type"] = "object", ["description"] = "The logging of .NET. Router logs at Information." },
            },
        };
        foreach (var key in Keys())
            Add(schema, key, described);
        return schema;
    }

    private static void Add(JsonObject schema, KnownKey key, Dictionary<string, (string Default, string Text)> described)
    {
        var parts = key.Path.Split(':');
        var section = schema;
        foreach (var part in parts[..^1])
            section = Section(section, part);
        var value = Value(key);
        var (otherwise, text) =
            described.TryGetValue(key.Path, out var own) ? own
            : described.TryGetValue(SameAs(key.Path), out var same) ? same
            : throw new InvalidOperationException($"{key.Path} has no row in Router/CONFIGURATION.md");
        value["description"] = $"{char.ToUpperInvariant(text[0])}{text[1..].TrimEnd('.')}. Default: {otherwise}.";
        if (key.Default is not null && !key.Path.Contains(":Paths:", StringComparison.Ordinal))
            value["default"] = Default(key);
        Set(section, parts[^1], value);
    }

    // The documents describe once what several sections take.
    private static string SameAs(string path) =>
        path.Replace("Hosts:*:Paths:*:", "Hosts:*:", StringComparison.Ordinal)
            .Replace(":Sni:*:", ":", StringComparison.Ordinal)
            .Replace("Kestrel:EndpointDefaults:", "Kestrel:Endpoints:*:", StringComparison.Ordinal)
            .Replace("Kestrel:Certificates:*:", "Kestrel:Endpoints:*:Certificate:", StringComparison.Ordinal);

    private static JsonObject Section(JsonObject parent, string name)
    {
        var existing = name == AnyName ? parent["additionalProperties"] as JsonObject : parent["properties"]?[name] as JsonObject;
        if (existing is not null)
            return existing;
        var section = new JsonObject { ["type"] = "object" };
        Set(parent, name, section);
        return section;
    }

    private static void Set(JsonObject parent, string name, JsonObject value)
    {
        if (name == AnyName)
        {
            parent["additionalProperties"] = value;
            return;
        }

        if (parent["properties"] is not JsonObject properties)
        {
            parent["properties"] = properties = [];
            parent["additionalProperties"] = false;
        }

        properties[name] = value;
    }

    private static JsonObject Value(KnownKey key)
    {
        const string duration = @"[0-9]*\.?[0-9]+(ms|s|m|h)|[0-9:.]+:[0-9:.]+";
        var choices = key.Path == "Router:Mode" ? [.. ModeCatalogue.All.Select(mode => mode.Name)] : key.Choices;
        return key.Type switch
        {
            KnownKeyType.Text when choices is not null => new JsonObject { ["enum"] = Array(choices.Select(choice => (JsonNode)choice)) },
            KnownKeyType.Text => Of("string"),
            KnownKeyType.Flag => new JsonObject
            {
                ["enum"] = Array([true, false, "true", "false", "enabled", "disabled", "on", "off", "yes", "no"]),
            },
            KnownKeyType.Duration => Of("string", $"^({duration})$"),
            KnownKeyType.DurationOrOff => Of("string", $"^({duration}|off|0)$"),
            KnownKeyType.Number => Bounded(key, "integer", "^[0-9]+$"),
            KnownKeyType.Fraction => Bounded(key, "number", @"^[0-9]*\.?[0-9]+$"),
            KnownKeyType.Size => With(Of("integer", "^[0-9]+ *(KiB|MiB|GiB)?$"), "string"),
            _ => new JsonObject
            {
                ["type"] = Array(["string", "array"]),
                ["items"] = new JsonObject { ["type"] = Array(["string", "integer"]) },
            },
        };
    }

    private static JsonObject Of(string type, string? pattern = null)
    {
        var value = new JsonObject { ["type"] = type };
        if (pattern is not null)
            value["pattern"] = pattern;
        return value;
    }

    private static JsonObject With(JsonObject value, string type)
    {
        value["type"] = Array([value["type"]!.GetValue<string>(), type]);
        return value;
    }

    private static JsonObject Bounded(KnownKey key, string type, string pattern)
    {
        var value = With(Of(type, pattern), "string");
        value["minimum"] = key.Min;
        value["maximum"] = key.Max;
        return value;
    }

    private static JsonArray Array(IEnumerable<JsonNode?> values) => new([.. values]);

    private static JsonNode Default(KnownKey key) =>
        key.Type switch
        {
            KnownKeyType.Flag => bool.Parse(key.Default!),
            KnownKeyType.Number => int.Parse(key.Default!, CultureInfo.InvariantCulture),
            _ => key.Default!,
        };

    /// <summary>The rows of the key tables: default and description by key, with <c>*</c> for a name.</summary>
    public static Dictionary<string, (string Default, string Text)> Descriptions()
    {
        var rows = new Dictionary<string, (string, string)>();
        foreach (Match row in Row().Matches(Document.At("Router/CONFIGURATION.md").Text))
        {
            foreach (Match key in Key().Matches(row.Groups["keys"].Value))
            {
                var path = Name().Replace(key.Groups[1].Value, AnyName);
                var full = path.StartsWith("Kestrel:", StringComparison.Ordinal) ? path : $"Router:{path}";
                rows.Add(full, (Plain(row.Groups["default"].Value), Plain(row.Groups["text"].Value)));
            }
        }

        return rows;
    }

    private static string Plain(string markdown) => Link().Replace(markdown, "$1").Replace("`", "", StringComparison.Ordinal).Trim();

    [GeneratedRegex(@"^\| (?<keys>`[A-Z][A-Za-z0-9]*(:[^|]*)?`[^|]*) \| (?<default>[^|]*) \| (?<text>.*) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Key();

    [GeneratedRegex(@"\b[A-Z]{3,}\b")]
    private static partial Regex Name();

    [GeneratedRegex(@"\[([^\]]+)\]\([^)]*\)")]
    private static partial Regex Link();
}
