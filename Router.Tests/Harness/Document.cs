using System.Text.RegularExpressions;

namespace Router.Tests.Harness;

/// <summary>A document of the repository, in Markdown.</summary>
internal sealed partial class Document
{
    private Document(string path)
    {
        Path = path;
        Text = File.ReadAllText(System.IO.Path.Combine(Script.Root, path));
        var prose = Fence().Replace(Text, "");
        Links = [.. Link().Matches(prose).Select(match => match.Groups[1].Value)];
        Headings = [.. Heading().Matches(prose).Select(match => (match.Groups[1].Length, match.Groups[2].Value))];
    }

    /// <summary>All that are read by people who use or change Router.</summary>
    public static IReadOnlyList<Document> All { get; } =
    [
        .. Directory
            .EnumerateFiles(Script.Root, "*.md", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
            .Select(file => System.IO.Path.GetRelativePath(Script.Root, file))
            .Where(path => !Made().IsMatch(path))
            .Order(StringComparer.Ordinal)
            .Select(path => new Document(path)),
    ];

    /// <summary>The path from the repository's root.</summary>
    public string Path { get; }

    public string Text { get; }

    public IReadOnlyList<string> Links { get; }

    public IReadOnlyList<(int Level, string Text)> Headings { get; }

    /// <summary>What links lead to, as GitHub names it: lower case, without punctuation, hyphens for spaces.</summary>
    public IEnumerable<string> Anchors => Headings.Select(heading => Anchor(heading.Text));

    public static Document At(string path) => All.Single(document => document.Path == path);

    public static string Anchor(string heading) => Punctuation().Replace(heading.ToLowerInvariant(), "").Replace(' ', '-');

    public override string ToString() => Path;

    [GeneratedRegex("^```.*?^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"\[[^\]]+\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("^(#+) (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex Punctuation();

    [GeneratedRegex(@"(^|/)(\.git|bin|obj|out|artifacts|TestResults)/")]
    private static partial Regex Made();
}
