namespace Router.Tests;

/// <summary>Dependencies point one way: what ARCHITECTURE.md says of the folders.</summary>
public sealed class LayeringTests : IClassFixture<LayeringTests.Code>
{
    // A component of two or three files is a class with its parts.
    private const int LargestComponent = 3;

    private static readonly string[] Ground = ["Http", "Http/Http1", "Http/Http2"];

    private readonly CompiledCode _code;

    public LayeringTests(Code code) => _code = code.Read;

    [Fact]
    public void No_folders_depend_on_each_other_in_a_cycle()
    {
        var pairs = _code.Uses.Where(use => FolderOf(use.Key.From) != FolderOf(use.Key.To)).ToArray();

        var cycles = Cycles.Of(pairs.Select(use => (FolderOf(use.Key.From), FolderOf(use.Key.To))));

        cycles
            .SelectMany(cycle =>
                pairs.Where(use => cycle.Contains(FolderOf(use.Key.From)) && cycle.Contains(FolderOf(use.Key.To))).Select(Text)
            )
            .Should()
            .BeEmpty();
    }

    [Fact]
    public void No_more_than_three_files_depend_on_each_other_in_a_cycle()
    {
        var cycles = Cycles.Of(_code.Uses.Keys).Where(cycle => cycle.Length > LargestComponent);

        cycles
            .SelectMany(cycle => _code.Uses.Where(use => cycle.Contains(use.Key.From) && cycle.Contains(use.Key.To)).Select(Text))
            .Should()
            .BeEmpty();
    }

    [Fact]
    public void The_transports_depend_on_no_mode_no_HttpContext_and_no_configuration()
    {
        UsesOf(Ground).Where(use => !Ground.Contains(FolderOf(use.Key.To))).Select(Text).Should().BeEmpty();
        Ground
            .SelectMany(folder => _code.Outside[folder])
            .Where(type => type.StartsWith("Microsoft.AspNetCore.Http", StringComparison.Ordinal))
            .Should()
            .BeEmpty();
    }

    [Fact]
    public void Upstreams_depend_only_on_the_transports_and_the_configuration() =>
        UsesOf("Upstreams")
            .Where(use => FolderOf(use.Key.To) is not ("Configuration" or "Upstreams") && !Ground.Contains(FolderOf(use.Key.To)))
            .Select(Text)
            .Should()
            .BeEmpty();

    [Fact]
    public void Only_the_command_line_depends_on_the_composition() =>
        _code
            .Uses.Where(use => FolderOf(use.Key.To) is "Hosting" && FolderOf(use.Key.From) is not ("Hosting" or "Cli"))
            .Select(Text)
            .Should()
            .BeEmpty();

    private static string FolderOf(string file) => CompiledCode.FolderOf(file);

    private static string Text(KeyValuePair<(string From, string To), SortedSet<string>> use) =>
        $"{use.Key.From} uses {string.Join(", ", use.Value)} of {use.Key.To}";

    private IEnumerable<KeyValuePair<(string From, string To), SortedSet<string>>> UsesOf(params string[] folders) =>
        _code.Uses.Where(use => folders.Contains(FolderOf(use.Key.From)));

    public sealed class Code
    {
        internal CompiledCode Read { get; } = CompiledCode.Read();
    }
}
