using System.CommandLine;
using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Router.Cli;
using Router.Configuration;

namespace Router.Tests;

/// <summary>What scripts and operators rely on is documented, and what is documented exists.</summary>
public sealed partial class DocumentedContractTests
{
    private const int Widest = 160;

    private static readonly Document Configuration = Document.At("Router/CONFIGURATION.md");
    private static readonly Document Operating = Document.At("deploy/OPERATING.md");

    [Fact]
    public void Every_configuration_key_is_documented_once_and_every_documented_key_exists()
    {
        var paths = Known.Where(key => key.StartsWith("Hosts:NAME:Paths:NAME:", StringComparison.Ordinal)).ToArray();
        var documented = Configuration
            .Rows()
            .SelectMany(row => Document.Codes(row[0]))
            // The server's own section has ConfigurationSchemaTests.
            .Where(code => KeyName().IsMatch(code) && !code.StartsWith("Kestrel:", StringComparison.Ordinal))
            .Select(key => ChosenName().Replace(key, ""))
            .ToArray();

        documented.Should().OnlyHaveUniqueItems();
        Known.Except(paths).Except(documented).Should().BeEmpty("each key is documented");
        documented.Except(Known).Should().BeEmpty("each documented key exists");
        paths
            .Select(key => key.Replace("Paths:NAME:", "", StringComparison.Ordinal))
            .Should()
            .BeSubsetOf(Known, "the document says that a path takes the same keys as a host");
    }

    [Fact]
    public void Every_key_that_a_document_names_exists()
    {
        var sections = Known.Select(key => key.Split(':')[0]).ToHashSet();
        var unknown =
            from document in Document.All
            from code in Document.Codes(document.Text)
            where SectionedKey().IsMatch(code) && sections.Contains(code.Split(':')[0])
            let key = ChosenName().Replace(code, "")
            where !Known.Contains(key) && !Known.Any(known => known.StartsWith($"{key}:", StringComparison.Ordinal)) && !IsOfTheSite(code)
            select $"{document}: {code}";

        unknown.Should().BeEmpty();
    }

    [Fact]
    public void Every_command_is_documented_and_every_documented_command_exists() =>
        Operating
            .Rows("Commands")
            .Select(row => Argument().Replace(Document.Codes(row[0]).First(), ""))
            .Should()
            .BeEquivalentTo(Commands.Keys);

    [Fact]
    public void Every_option_is_documented_with_the_commands_that_take_it()
    {
        var names = Commands.Values.SelectMany(options => options).ToHashSet();
        var rows = Operating.Rows("Options").Where(row => row[0].StartsWith("`--", StringComparison.Ordinal)).ToArray();

        rows.SelectMany(row => Document.Codes(row[0])).Select(Name).Distinct().Should().BeEquivalentTo(names);
        foreach (var row in rows.Where(row => row.Length == 3))
        {
            var option = Name(Document.Codes(row[0]).First());
            Document
                .Codes(row[1])
                .Should()
                .BeEquivalentTo(Commands.Where(command => command.Value.Contains(option)).Select(command => Short(command.Key)), option);
        }

        static string Name(string code) => code.Split(' ')[0];
    }

    [Fact]
    public void Every_exit_code_is_documented_and_every_documented_one_exists() =>
        Operating
            .Rows("Exit codes")
            .Select(row => int.Parse(row[0], CultureInfo.InvariantCulture))
            .Should()
            .BeEquivalentTo(
                typeof(ExitCode).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (int)field.GetValue(null)!).Append(0)
            );

    [Fact]
    public void Every_metric_is_documented_and_every_documented_one_exists()
    {
        var instruments = Sources()
            .SelectMany(text => Instrument().Matches(text))
            .Select(match => match.Groups[1].Value.Replace('.', '_'))
            .ToArray();
        var documented = Operating.Rows("Metrics").Select(row => Document.Codes(row[0]).Single()).Where(IsRouters).ToArray();
        var elsewhere = Document.All.SelectMany(document => Metric().Matches(document.Text)).Select(match => match.Value);

        instruments.Should().HaveCountGreaterThan(30);
        documented.Should().OnlyHaveUniqueItems();
        documented.Select(Instrument_).Should().BeEquivalentTo(instruments);
        elsewhere.Should().BeSubsetOf(documented);

        static bool IsRouters(string name) => name.StartsWith("router_", StringComparison.Ordinal);
        string Instrument_(string name) => instruments.Contains(name) ? name : name[..name.LastIndexOf('_')];
    }

    [Fact]
    public void Every_field_of_the_access_log_is_documented_and_every_documented_one_exists() =>
        Operating
            .Rows("Access log")
            .SelectMany(row => Document.Codes(row[0]))
            .Should()
            .BeEquivalentTo(
                LogField()
                    .Matches(File.ReadAllText(Path.Combine(Script.Root, "Router/Telemetry/AccessLogLine.cs")))
                    .Select(match => match.Groups[1].Value)
                    .Distinct()
            );

    [Fact]
    public void Every_endpoint_of_the_management_interface_is_documented_and_every_documented_one_exists()
    {
        var description = JsonNode.Parse(File.ReadAllText(Path.Combine(Script.Root, "Router/Management/openapi.json")))!;
        var endpoints =
            from path in description["paths"]!.AsObject()
            from method in path.Value!.AsObject()
            where method.Key is "get" or "put" or "post" or "patch" or "delete"
            select $"{method.Key.ToUpperInvariant()} {path.Key}";

        Operating
            .Rows("Management interface")
            .SelectMany(row => row[1].Split(", ").Select(method => $"{method} {Document.Codes(row[0]).Single()}"))
            .Should()
            .BeEquivalentTo(endpoints);
    }

    [Fact]
    public void Every_mode_is_in_the_READMEs_table() =>
        Document
            .At("README.md")
            .Rows("Modes")
            .Select(row => row[0].Trim('`'))
            .Should()
            .BeEquivalentTo(Modes.ModeCatalogue.All.Select(mode => mode.Name));

    [Fact]
    public void No_line_of_a_document_has_more_than_160_columns()
    {
        // The cases are rows for a test.
        var tooLong =
            from document in Document.All
            where !document.Path.EndsWith("cases.md", StringComparison.Ordinal)
            from line in document.Text.Split('\n').Select((text, i) => (Text: text, Number: i + 1))
            where line.Text.Length > Widest
            select $"{document}:{line.Number}";

        tooLong.Should().BeEmpty();
    }

    /// <summary>The keys that the reader knows, below <c>Router</c>: an unknown key makes it list the known ones of its section.</summary>
    private static HashSet<string> Known { get; } = [.. KeysOf("")];

    /// <summary>Each command with the options that it takes itself.</summary>
    private static Dictionary<string, HashSet<string>> Commands { get; } = CommandsOf(RouterCommand.Tree, "router", []).ToDictionary();

    private static IEnumerable<string> KeysOf(string section)
    {
        foreach (var key in KnownIn(section)!)
        {
            var isSection = false;
            foreach (var below in (string[])[$"{section}{key}:", $"{section}{key}:NAME:"])
            {
                if (KnownIn(below) is null)
                    continue;
                isSection = true;
                foreach (var known in KeysOf(below))
                    yield return known;
            }

            if (!isSection)
                yield return section + key;
        }
    }

    // Null where it is no section with keys of its own.
    private static string[]? KnownIn(string section)
    {
        var errors = new ValidationErrors();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new($"Router:{section}Unknown", "x")]).Build();
        SettingsReader.Read(configuration, errors);
        return errors
            .All.Where(error => error.Key == $"Router:{section}Unknown")
            .Select(error => KnownHere().Match(error.Hint))
            .Where(match => match.Success)
            .Select(match => match.Groups[1].Value.Split(", "))
            .FirstOrDefault();
    }

    // The keys of the site that appsettings.json describes.
    private static bool IsOfTheSite(string key)
    {
        var names = key.Split(':');
        return names.Length == 3 ? Known.Contains($"{names[0]}:NAME:{names[2]}") : Known.Contains(names[0]);
    }

    private static IEnumerable<KeyValuePair<string, HashSet<string>>> CommandsOf(
        Command command,
        string path,
        IEnumerable<Option> inherited
    )
    {
        string[] always = command is RootCommand ? ["--help", "--version"] : [];
        var recursive = inherited.Concat(command.Options.Where(option => option.Recursive)).ToArray();
        var options = command.Options.Concat(recursive);
        // Of a command that only holds others there is nothing to say.
        if (command.Action is not null)
            yield return KeyValuePair.Create(
                path,
                options.SelectMany(option => option.Aliases.Prepend(option.Name)).Where(IsLong).Concat(always).ToHashSet()
            );
        foreach (var below in command.Subcommands)
        {
            foreach (var one in CommandsOf(below, $"{path} {below.Name}", recursive))
                yield return one;
        }

        static bool IsLong(string name) => name.StartsWith("--", StringComparison.Ordinal);
    }

    private static string Short(string command) =>
        command.Replace("router mode ", "", StringComparison.Ordinal).Replace("router ", "", StringComparison.Ordinal);

    private static IEnumerable<string> Sources() =>
        Directory
            .EnumerateFiles(Path.Combine(Script.Root, "Router"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
            .Select(File.ReadAllText);

    [GeneratedRegex("^[A-Z][A-Za-z0-9]*(:[A-Za-z0-9]+)*$")]
    private static partial Regex KeyName();

    [GeneratedRegex("^[A-Z][A-Za-z0-9]*(:[A-Za-z0-9-]+)+$")]
    private static partial Regex SectionedKey();

    // What stands for a name that the operator chooses, at the end of a key.
    [GeneratedRegex("(:(NAME|HEADER|VARIABLE|LANGUAGE|KEY))+$")]
    private static partial Regex ChosenName();

    [GeneratedRegex("Known here: (.+)$")]
    private static partial Regex KnownHere();

    [GeneratedRegex("( ….*| [A-Z]+)$")]
    private static partial Regex Argument();

    [GeneratedRegex("""Create(?:Observable)?(?:Counter|Gauge|Histogram|UpDownCounter)(?:<\w+>)?\(\s*"(router\.[^"]+)"\s*,""")]
    private static partial Regex Instrument();

    [GeneratedRegex(@"\brouter_(?!(management|secrets|redis)\b)[a-z_]+[a-z]\b")]
    private static partial Regex Metric();

    [GeneratedRegex("\"([a-zA-Z]+)\"u8,")]
    private static partial Regex LogField();
}
