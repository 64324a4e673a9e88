using Router.Routing;

namespace Router.Tests;

public sealed class PathRuleTests
{
    private static readonly string[] Patterns =
    [
        "/admin",
        "/admin/users",
        "/docs/",
        "=/favicon.ico",
        "=/admin/help",
        "/*/documents/",
        "/cloud/*/x",
        "/cloud/7",
        "**/_metrics",
        "=/exact/",
    ];

    public static TheoryData<string, string> WhichRule =>
        new()
        {
            // a prefix, on a segment boundary
            { "/admin", "/admin" },
            { "/admin/", "/admin" },
            { "/admin/x/y", "/admin" },
            { "/administer", "host" },
            { "/admi", "host" },
            { "/x/admin", "host" },
            { "/", "host" },
            // the longest prefix
            { "/admin/users", "/admin/users" },
            { "/admin/users/7", "/admin/users" },
            { "/admin/users7", "/admin" },
            // a prefix with a slash is for what is below
            { "/docs/", "/docs/" },
            { "/docs/a", "/docs/" },
            { "/docs", "host" },
            // exact
            { "/favicon.ico", "=/favicon.ico" },
            { "/favicon.ico/", "host" },
            { "/favicon.ico/x", "host" },
            { "/admin/help", "=/admin/help" },
            { "/admin/help/x", "/admin" },
            { "/exact/", "=/exact/" },
            { "/exact", "host" },
            // one segment, whatever it is
            { "/g-cloud/documents/", "/*/documents/" },
            { "/g-cloud/documents/1/2.pdf", "/*/documents/" },
            { "/g-cloud/documents", "host" },
            { "/documents/", "host" },
            { "/a/b/documents/x", "host" },
            { "//documents/x", "host" },
            // a fixed segment takes precedence over one of any kind, and falls back to it
            { "/cloud/7/y", "/cloud/7" },
            { "/cloud/8/x", "/cloud/*/x" },
            // the last segment, wherever it is
            { "/_metrics", "**/_metrics" },
            { "/a/b/_metrics", "**/_metrics" },
            { "/admin/_metrics", "**/_metrics" },
            { "/_metrics/x", "host" },
            { "/a_metrics", "host" },
            // an application that does not tell them apart must not be reachable by bypassing its rule
            { "/ADMIN/x", "/admin" },
            { "/Favicon.ICO", "=/favicon.ico" },
        };

    [Theory]
    [MemberData(nameof(WhichRule))]
    public void The_most_specific_rule_applies_in_any_order(string path, string rule)
    {
        foreach (var order in new[] { Patterns, [.. Patterns.Reverse()] })
        {
            var file = new SiteFile().Frontend("www").Host("www.*", "www");
            foreach (var pattern in order)
                file.Path("www.*", pattern);

            var route = file.ToTable().FindHost("www.example.org")!.Find(path);

            (route.PathText ?? "host").Should().Be(rule, path);
        }
    }

    [Fact]
    public void A_rule_without_a_backend_or_an_allow_list_has_its_hosts()
    {
        var table = new SiteFile()
            .Frontend("www")
            .Api("other")
            .AllowList("staff", "203.0.113.0/24")
            .Host("www.*", "www", allowList: "staff")
            .Path("www.*", "/inherits")
            .Path("www.*", "/elsewhere", backend: "other")
            .Path("www.*", "/open", allowList: "everyone")
            .ToTable();

        Seen("/inherits").Should().Be(("www", "staff"));
        Seen("/elsewhere").Should().Be(("other", "staff"));
        Seen("/open").Should().Be(("www", null));

        (string?, string?) Seen(string path)
        {
            var route = table.Match("www.example.org", path).Route!;
            return (route.Backend?.Name, route.AllowList?.Name);
        }
    }

    [Fact]
    public void Rules_of_one_host_say_nothing_about_another()
    {
        var table = new SiteFile()
            .Frontend("www")
            .Host("www.*", "www")
            .Host("api.*", "www")
            .Path("www.*", "/admin", refuse: true)
            .ToTable();

        table.Match("www.example.org", "/admin").Route!.Refuses.Should().BeTrue();
        table.Match("api.example.org", "/admin").Route!.Refuses.Should().BeFalse();
    }

    [Fact]
    public async Task A_request_reaches_the_backend_of_its_path()
    {
        await using var pages = WireMockBackend.RespondingText("pages");
        await using var files = WireMockBackend.RespondingText("files");
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", pages).Frontend("files", files.Address).Path("www.*", "/*/documents/", backend: "files")
        );

        (await router.GetAsync("http://www.example.org/a/documents/b?c")).Body.Should().Be("files");
        (await router.GetAsync("http://www.example.org/a/documents")).Body.Should().Be("pages");
        (await files.RequestAsync()).Target.Should().Be("/a/documents/b?c");
    }

    [Theory]
    [InlineData("/a", PathPatternKind.Prefix, "/a")]
    [InlineData("/a/", PathPatternKind.Prefix, "/a/")]
    [InlineData("=/a", PathPatternKind.Exact, "=/a")]
    [InlineData("**/a", PathPatternKind.LastSegment, "**/a")]
    [InlineData("/", PathPatternKind.Prefix, "/")]
    public void A_pattern_is_printed_as_it_is_written(string text, PathPatternKind kind, string printed)
    {
        PathPattern.TryParse(text, out var pattern, out _).Should().BeTrue();

        pattern.Kind.Should().Be(kind);
        pattern.ToString().Should().Be(printed);
    }
}
