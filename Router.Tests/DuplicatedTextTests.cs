using System.Text.RegularExpressions;

namespace Router.Tests;

/// <summary>A rule that stands in two files also has its message there twice: each message has one place.</summary>
public sealed partial class DuplicatedTextTests
{
    private const int MinWords = 5;

    [Fact]
    public void No_message_of_the_product_is_written_in_two_files()
    {
        var places =
            from folder in Directory.EnumerateDirectories(Path.Combine(Script.Root, "Router"))
            where Path.GetFileName(folder) is not ("bin" or "obj")
            from file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            from line in File.ReadLines(file)
            where !line.TrimStart().StartsWith("//", StringComparison.Ordinal)
            from literal in Literal().Matches(line).Select(match => match.Groups[1].Value)
            from text in Hole().Split(literal)
            let words = text.Trim(' ', ',', ';', '.', ':', '\'', '(', ')')
            where words.Split(' ').Length >= MinWords
            group Path.GetFileName(file) by words into same
            where same.Distinct().Count() > 1
            select $"'{same.Key}' in {string.Join(", ", same.Distinct())}";

        places.Should().BeEmpty("one rule has one place");
    }

    [GeneratedRegex("\"((?:[^\"\\\\]|\\\\.)*)\"")]
    private static partial Regex Literal();

    [GeneratedRegex(@"\{[^{}]*\}")]
    private static partial Regex Hole();
}
