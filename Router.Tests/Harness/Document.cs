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

    /// <summary>What links point to, as GitHub names it: lower case, without punctuation, hyphens for spaces.</summary>
    public IEnumerable<string> Anchors => Headings.Select(heading => Anchor(heading.Text));

    public static Document At(string path) => All.Single(document => document.Path == path);

    public static string Anchor(string heading) => Punctuation().Replace(heading.ToLowerInvariant(), "").Replace(' ', '-');

    /// <summary>The text of a section, with the sections below it.</summary>
    public string Section(string heading)
    {
        var all = Heading().Matches(Text).ToArray();
        var at = Array.FindIndex(all, match => match.Groups[2].Value == heading);
        at.Should().BeGreaterThanOrEqualTo(0, "{0} has the section {1}", Path, heading);
        var end = all.Skip(at + 1).FirstOrDefault(match => match.Groups[1].Length <= all[at].Groups[1].Length);
        return Text[all[at].Index..(end?.Index ?? Text.Length)];
    }

    /// <summary>The rows of all tables of a section, without their heads.</summary>
    public IEnumerable<string[]> Rows(string heading) => Rows(Section(heading).Split('\n'));

    /// <summary>The rows of all tables.</summary>
    public IEnumerable<string[]> Rows() => Rows(Text.Split('\n'));

    /// <summary>What a text has between backticks.</summary>
    public static IEnumerable<string> Codes(string text) => Code().Matches(text).Select(match => match.Groups[1].Value);

    /// <summary>The lines that call Router.</summary>
    public IEnumerable<string> Commands =>
        Command().Matches(Text).Select(match => match.Groups[1].Value.Replace("out/router", "router", StringComparison.Ordinal));

    /// <summary>The arguments of such a line, without what only a shell sees.</summary>
    public static string[] Arguments(string command) =>
        [.. Word().Matches(command.Split('#')[0].Split('>')[0]).Select(match => match.Value.Trim('"')).Skip(1)];

    public override string ToString() => Path;

    private static IEnumerable<string[]> Rows(string[] lines) =>
        from i in Enumerable.Range(0, lines.Length)
        where lines[i].StartsWith('|') && !Rule().IsMatch(lines[i]) && !(i + 1 < lines.Length && Rule().IsMatch(lines[i + 1]))
        select Cell().Split(lines[i].Trim().Trim('|')).Select(cell => cell.Trim()).ToArray();

    [GeneratedRegex(@"^    ((?:out/)?router(?! \d)(?: .+)?)$", RegexOptions.Multiline)]
    private static partial Regex Command();

    [GeneratedRegex("\"[^\"]*\"|[^ ]+")]
    private static partial Regex Word();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"^\|[-|: ]+\|$")]
    private static partial Regex Rule();

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex Cell();

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
