using System.Text.RegularExpressions;

namespace Router.Tests;

public sealed partial class LineLengthTests
{
    private const int MaxLength = 140;

    [Fact]
    public void No_line_is_longer_than_140_columns_except_for_a_message_that_is_searched_for_as_a_whole()
    {
        var files = new[] { "Router", "Router.Tests", Path.Combine("deploy", "bench") }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Script.Root, folder), "*.cs", SearchOption.AllDirectories))
            .Where(file => !Generated.IsMatch(file));

        var tooLong =
            from file in files
            from line in File.ReadLines(file).Select((text, i) => (Text: text, Number: i + 1))
            where line.Text.Length > MaxLength && !Message.IsMatch(line.Text)
            select $"{Path.GetRelativePath(Script.Root, file)}:{line.Number}";

        tooLong.Should().BeEmpty();
    }

    [GeneratedRegex("/(obj|bin|artifacts)/")]
    private static partial Regex Generated { get; }

    [GeneratedRegex("""^(?!\s*//).*"[^"]{20,}""")]
    private static partial Regex Message { get; }
}
