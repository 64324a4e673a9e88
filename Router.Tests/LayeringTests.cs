namespace Router.Tests;

/// <summary>Dependencies point one way: what ARCHITECTURE.md says of the folders.</summary>
public sealed class LayeringTests : IClassFixture<LayeringTests.Code>
{
    // A component of two or three files is a class with its parts.
    private const int LargestComponent = 3;

    private static readonly string[] Ground = ["Http", "Http/Http1", "Http/Http2"];

    // Neither the server nor its HttpContext, its configuration or its logs.
    private static readonly string[] OutsideOfGround = ["System", "Microsoft.Extensions.Primitives", "Microsoft.AspNetCore.WebUtilities"];

    private readonly CompiledCode _code;

    public LayeringTests(Code code) => _code = code.Read;

    [Fact]
    public void Each_product_type_is_found_in_a_source_file() => _code.WithoutFile.Should().BeEmpty();

    [Fact]
    public void No_folders_depend_on_each_other_in_a_cycle() => CyclesOfFolders(_code.Uses).Should().BeEmpty();

    [Fact]
    public void No_more_than_three_files_depend_on_each_other_in_a_cycle() => LargeCyclesOfFiles(_code.Uses).Should().BeEmpty();

    [Fact]
    public void A_cycle_of_two_folders_is_found_and_named() =>
        CyclesOfFolders(Graph(("A/One.cs", "B/Two.cs"), ("B/Three.cs", "A/Four.cs"), ("A/One.cs", "C/Five.cs"), ("C/Five.cs", "C/Six.cs")))
            .Should()
            .BeEquivalentTo("A/One.cs uses Two of B/Two.cs", "B/Three.cs uses Four of A/Four.cs");

    [Fact]
    public void A_cycle_of_four_files_is_found_and_named_and_one_of_three_is_not() =>
        LargeCyclesOfFiles(
                Graph(
                    ("A/One.cs", "A/Two.cs"),
                    ("A/Two.cs", "A/Three.cs"),
                    ("A/Three.cs", "A/Four.cs"),
                    ("A/Four.cs", "A/One.cs"),
                    ("A/Four.cs", "B/Five.cs"),
                    ("B/Five.cs", "B/Six.cs"),
                    ("B/Six.cs", "B/Seven.cs"),
                    ("B/Seven.cs", "B/Five.cs")
                )
            )
            .Should()
            .BeEquivalentTo(
                "A/One.cs uses Two of A/Two.cs",
                "A/Two.cs uses Three of A/Three.cs",
                "A/Three.cs uses Four of A/Four.cs",
                "A/Four.cs uses One of A/One.cs"
            );

    [Fact]
    public void The_transports_depend_on_no_mode_no_HttpContext_and_no_configuration() =>
        UsesOf(Ground, except: Ground).Concat(Ground.SelectMany(folder => OutsideOf(folder, except: OutsideOfGround))).Should().BeEmpty();

    [Fact]
    public void Upstreams_depend_only_on_the_transports_and_the_configuration() =>
        UsesOf(["Upstreams"], except: [.. Ground, "Configuration"])
            .Concat(OutsideOf("Upstreams", except: ["System", "Polly"]))
            .Should()
            .BeEmpty();

    [Fact]
    public void The_proxy_uses_only_the_folders_that_the_document_names()
    {
        string[] common = ["Configuration", "Headers", "Http", "Modes", "Routing", "Upstreams"];
        UsesOf(["Proxy"], except: [.. common, "Proxy/InFlight", "Http/Http1", "Access"])
            .Concat(UsesOf(["Proxy/InFlight"], except: [.. common, "Admission"]))
            .Should()
            .BeEmpty();
    }

    [Fact]
    public void Only_the_command_line_depends_on_the_composition() =>
        _code
            .Uses.Where(use => FolderOf(use.Key.To) is "Hosting" && FolderOf(use.Key.From) is not ("Hosting" or "Cli"))
            .Select(Text)
            .Should()
            .BeEmpty();

    private static IEnumerable<string> CyclesOfFolders(IReadOnlyDictionary<(string From, string To), SortedSet<string>> uses)
    {
        var pairs = uses.Where(use => FolderOf(use.Key.From) != FolderOf(use.Key.To)).ToArray();
        return Cycles
            .Of(pairs.Select(use => (FolderOf(use.Key.From), FolderOf(use.Key.To))))
            .SelectMany(cycle => pairs.Where(use => cycle.Contains(FolderOf(use.Key.From)) && cycle.Contains(FolderOf(use.Key.To))))
            .Select(Text);
    }

    private static IEnumerable<string> LargeCyclesOfFiles(IReadOnlyDictionary<(string From, string To), SortedSet<string>> uses) =>
        Cycles
            .Of(uses.Keys)
            .Where(cycle => cycle.Length > LargestComponent)
            .SelectMany(cycle => uses.Where(use => cycle.Contains(use.Key.From) && cycle.Contains(use.Key.To)))
            .Select(Text);

    private static Dictionary<(string From, string To), SortedSet<string>> Graph(params (string From, string To)[] uses) =>
        uses.ToDictionary(use => use, use => new SortedSet<string> { Path.GetFileNameWithoutExtension(use.To) });

    private static string FolderOf(string file) => CompiledCode.FolderOf(file);

    private static string Text(KeyValuePair<(string From, string To), SortedSet<string>> use) =>
        $"{use.Key.From} uses {string.Join(", ", use.Value)} of {use.Key.To}";

    private IEnumerable<string> UsesOf(string[] folders, string[] except) =>
        _code
            .Uses.Where(use => folders.Contains(FolderOf(use.Key.From)))
            .Where(use => FolderOf(use.Key.To) != FolderOf(use.Key.From) && !except.Contains(FolderOf(use.Key.To)))
            .Select(Text);

    // Of the namespaces that are named, those below them are permitted too.
    private IEnumerable<string> OutsideOf(string folder, string[] except) =>
        _code
            .Outside[folder]
            .Where(type => !except.Any(space => type.StartsWith($"{space}.", StringComparison.Ordinal)))
            .Select(type => $"{folder} uses {type}");

    public sealed class Code
    {
        internal CompiledCode Read { get; } = CompiledCode.Read();
    }
}
