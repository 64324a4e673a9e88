using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using Router.Configuration;

namespace Router.Tests;

/// <summary>Router/appsettings.schema.json, by which editors complete and check a configuration.</summary>
public sealed class ConfigurationSchemaTests
{
    private static readonly string Path = System.IO.Path.Combine(Script.Root, "Router", "appsettings.schema.json");
    private static readonly Lazy<JsonSchema> Schema = new(() => JsonSchema.FromFile(Path));

    /// <summary>With <c>ROUTER_REWRITE=1</c> it writes the file instead of comparing it: see TESTING.md.</summary>
    [Fact]
    public async Task The_schema_is_made_of_the_keys_that_the_readers_ask_for_and_their_descriptions()
    {
        var expected = ConfigurationSchema.Text();
        if (Environment.GetEnvironmentVariable("ROUTER_REWRITE") == "1")
            await File.WriteAllTextAsync(Path, expected);

        (await File.ReadAllTextAsync(Path))
            .Should()
            .Be(expected, "ROUTER_REWRITE=1 dotnet test --filter FullyQualifiedName~ConfigurationSchemaTests writes it anew");
    }

    [Fact]
    public void Every_documented_key_is_one_that_a_reader_asks_for()
    {
        var known = ConfigurationSchema.Keys().Select(key => key.Path).ToHashSet();

        ConfigurationSchema.Descriptions().Keys.Where(key => !known.Contains(key)).Should().BeEmpty();
    }

    [Fact]
    public void A_documented_default_is_the_one_in_the_code()
    {
        var described = ConfigurationSchema.Descriptions();
        var wrong =
            from key in ConfigurationSchema.Keys()
            where key.Default is not null && described.ContainsKey(key.Path)
            let documented = described[key.Path].Default.Split(';')[0]
            where !Same(documented, key.Default!)
            select $"{key.Path}: documented {documented}, in the code {key.Default}";

        wrong.Should().BeEmpty();

        static bool Same(string documented, string inCode) =>
            documented == inCode
            || (
                ConfigurationReader.TryDuration(documented, out var one)
                && ConfigurationReader.TryDuration(inCode, out var other)
                && one == other
            );
    }

    [Fact]
    public async Task The_sample_files_and_the_documented_example_are_valid_and_name_the_schema()
    {
        var files = Directory
            .EnumerateFiles(Script.Deploy("examples"), "site.json", SearchOption.AllDirectories)
            .Append(System.IO.Path.Combine(Script.Root, "Router", "appsettings.json"))
            .ToArray();

        foreach (var file in files)
        {
            var text = await File.ReadAllTextAsync(file);
            Errors(text).Should().BeEmpty(file);
            var schema = Parse(text)["$schema"]!.GetValue<string>();
            System.IO.Path.GetFullPath(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(file)!, schema)).Should().Be(Path);
        }

        var example = Document.At("Router/CONFIGURATION.md").Text.Split("```json\n")[1].Split("```")[0];
        Errors(example).Should().BeEmpty();
    }

    [Theory]
    [InlineData("""{ "Router": { "Mode": "open" } }""", "/Router/Mode")]
    [InlineData("""{ "Router": { "Colour": "blue" } }""", "/Router/Colour")]
    [InlineData("""{ "Router": { "AccessLog": "maybe" } }""", "/Router/AccessLog")]
    [InlineData("""{ "Router": { "Backends": { "a": { "Kind": "Apis" } } } }""", "/Router/Backends/a/Kind")]
    [InlineData("""{ "Router": { "Backends": { "a": { "ConnectTimeout": "1 second" } } } }""", "/Router/Backends/a/ConnectTimeout")]
    [InlineData("""{ "Router": { "Backends": { "a": { "BreakerFailures": 0 } } } }""", "/Router/Backends/a/BreakerFailures")]
    [InlineData("""{ "Router": { "Limits": { "MaxHeaderSize": "32kb" } } }""", "/Router/Limits/MaxHeaderSize")]
    [InlineData("""{ "Router": { "Hosts": { "a": { "Paths": { "b": { "Mach": "/" } } } } } }""", "/Router/Hosts/a/Paths/b/Mach")]
    [InlineData("""{ "Kestrel": { "Endpoints": { "a": { "Protocols": "Http4" } } } }""", "/Kestrel/Endpoints/a/Protocols")]
    public void A_mistake_is_found_where_it_is(string text, string location) => Errors(text).Should().Contain(location);

    [Fact]
    public void Each_key_has_a_description_and_a_default_where_there_is_one()
    {
        var timeout = JsonNode.Parse(File.ReadAllText(Path))!["properties"]!["Router"]!["properties"]!["Backends"]![
            "additionalProperties"
        ]!["properties"]!["ConnectTimeout"]!;

        timeout["description"]!.GetValue<string>().Should().Contain("to connect to one IP address").And.Contain("Default: 1s.");
        timeout["default"]!.GetValue<string>().Should().Be("1s");
    }

    private static string[] Errors(string text) =>
        [
            .. Schema
                .Value.Evaluate(Parse(text), new EvaluationOptions { OutputFormat = OutputFormat.List })
                .Details.Where(detail => detail is { IsValid: false, HasErrors: true })
                .Select(detail => detail.InstanceLocation.ToString())
                .Distinct(),
        ];

    private static JsonNode Parse(string text) =>
        JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip })!;
}
