using Router.Cli;

namespace Router.Tests;

/// <summary>The links of the documents point to what exists.</summary>
public sealed class DocumentLinkTests
{
    /// <summary>The references, each of which starts with a list of its sections.</summary>
    private static readonly string[] References =
    [
        ".github/CONTRIBUTING.md",
        ".github/SECURITY.md",
        "README.md",
        "Router.Tests/OriginalSite/DIFFERENCES.md",
        "Router.Tests/TESTING.md",
        "Router/ARCHITECTURE.md",
        "Router/CONFIGURATION.md",
        "deploy/CHANGELOG.md",
        "deploy/DEPLOYING.md",
        "deploy/OPERATING.md",
        "deploy/RUNBOOK.md",
        "deploy/bench/README.md",
    ];

    [Fact]
    public void Every_link_in_a_document_points_to_an_existing_file_and_heading()
    {
        var broken =
            from document in Document.All
            from link in document.Links
            where !link.Contains("://", StringComparison.Ordinal) && !Leads(document, link)
            select $"{document}: {link}";

        broken.Should().BeEmpty();
    }

    [Fact]
    public void Every_reference_lists_all_of_its_sections_in_order()
    {
        foreach (var document in References.Select(Document.At))
        {
            var sections = document.Headings.Where(heading => heading.Level == 2 && heading.Text != "Contents");
            var contents = document.Text.Split("\n## Contents\n")[1].Split("\n## ")[0];
            contents
                .Split('\n')
                .Where(line => line.StartsWith("- ", StringComparison.Ordinal))
                .Should()
                .Equal(sections.Select(heading => $"- [{heading.Text}](#{Document.Anchor(heading.Text)})"), "{0} lists them", document);
        }
    }

    [Fact]
    public void The_README_links_to_every_reference_and_has_at_most_200_lines()
    {
        var readme = Document.At("README.md");

        readme.Links.Should().Contain(References.Where(path => path != readme.Path));
        readme.Text.Split('\n').Length.Should().BeLessThanOrEqualTo(201, "the last one ends the file");
    }

    [Fact]
    public void The_change_log_begins_with_the_version_that_is_built()
    {
        var version = typeof(RouterCommand).Assembly.GetName().Version!.ToString(3);

        Document.At("deploy/CHANGELOG.md").Headings.First(heading => heading.Text.Any(char.IsAsciiDigit)).Text.Should().EndWith(version);
    }

    private static bool Leads(Document from, string link)
    {
        var parts = link.Split('#');
        var path = parts[0] == "" ? from.Path : Path.Combine(Path.GetDirectoryName(from.Path)!, parts[0]);
        var target = Path.GetRelativePath(Script.Root, Path.GetFullPath(Path.Combine(Script.Root, path)));
        if (parts.Length == 1)
            return Path.Exists(Path.Combine(Script.Root, target));
        return Document.All.SingleOrDefault(document => document.Path == target) is { } document && document.Anchors.Contains(parts[1]);
    }
}
