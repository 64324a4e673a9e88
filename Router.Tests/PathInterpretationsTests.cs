using Router.Modes;
using Router.Routing;

namespace Router.Tests;

public sealed class PathInterpretationsTests(PathInterpretationsTests.Site site) : IClassFixture<PathInterpretationsTests.Site>
{
    public static TheoryData<string, string[]> Interpretations =>
        new()
        {
            // raw path, what a backend may see in it: the fully normalised interpretation first
            { "/a/b", ["/a/b"] },
            { "/%61dmin", ["/admin"] },
            { "/a%20b", ["/a b"] },
            { "/%7Euser", ["/~user"] },
            { "/a/../b", ["/b", "/a/../b"] },
            { "/a/./b", ["/a/b", "/a/./b"] },
            { "/a/%2e%2e/b", ["/b", "/a/../b"] },
            { "//a", ["/a", "//a"] },
            { "/a/..", ["/", "/a/.."] },
            { "/../../a", ["/a", "/../../a"] },
            { "/.well-known/x", ["/.well-known/x"] },
        };

    [Theory]
    [MemberData(nameof(Interpretations))]
    public void A_path_is_read_in_every_way_in_which_applications_read_it(string path, string[] interpretations) =>
        PathInterpretations.Of(path).Should().Equal(interpretations);

    [Theory]
    [InlineData("/public/..%2Fadmin")]
    [InlineData("/public/%2e%2e/admin")]
    [InlineData("/public\\..\\admin")]
    [InlineData("/public/..;/admin")]
    [InlineData("/admin;x=1")]
    [InlineData("/;x/admin")]
    [InlineData("//admin")]
    [InlineData("/./admin")]
    [InlineData("/%61dmin")]
    [InlineData("/%2Fadmin")]
    [InlineData("/%5Cadmin")]
    [InlineData("/.%3Bx/admin")]
    [InlineData("/AD%4DIN/")]
    public async Task No_spelling_of_a_path_evades_its_rule(string target)
    {
        var reply = await site.Router.SendRawAsync($"GET {target} HTTP/1.1\r\nHost: www.example.org\r\n\r\n");

        reply.Status.Should().Be(403);
        NothingIsForwarded();
    }

    [Theory]
    [InlineData("/..%2Fadmin")]
    [InlineData("/a/%2e%2e/admin/_secret")]
    [InlineData("/x;/../admin")]
    public async Task A_refused_path_is_refused_in_every_interpretation(string target)
    {
        (await site.Router.SendRawAsync($"GET {target} HTTP/1.1\r\nHost: refused.example.org\r\n\r\n")).Status.Should().Be(403);
        NothingIsForwarded();
    }

    [Fact]
    public void A_path_whose_interpretations_belong_to_different_backends_is_not_well_formed()
    {
        var table = new SiteFile()
            .Frontend("pages")
            .Frontend("files")
            .Host("www.*", "pages")
            .Path("www.*", "/files", backend: "files")
            .ToTable();

        table.Match("www.example.org", "/x/..%2Ffiles").Violation.Should().Contain("different backends");
        table.Match("www.example.org", "/x%2Fy").Violation.Should().BeNull();
        table.Match("www.example.org", "/files/x%2Fy").Route!.Backend!.Name.Should().Be("files");
    }

    [Theory]
    [InlineData("/%")]
    [InlineData("/%4")]
    [InlineData("/%zz")]
    [InlineData("/a%4g/b")]
    [InlineData("/%00")]
    [InlineData("/a%0Ab")]
    [InlineData("/a%0d%0ab")]
    [InlineData("/%7f")]
    public void A_broken_encoding_or_a_hidden_control_character_is_not_well_formed(string path) =>
        PathInterpretations.Of(path).Should().BeNull();

    [Fact]
    public async Task A_path_that_is_not_well_formed_gets_400_in_every_mode_and_never_reaches_a_backend()
    {
        foreach (var mode in ModeCatalogue.All)
        {
            await using var backend = WireMockBackend.RespondingText("never");
            await using var router = await RunningRouter.StartAsync(SiteFile.Of("*", backend).Mode(mode.Name));

            (await router.SendRawAsync("GET /%zz HTTP/1.1\r\nHost: www.example.org\r\n\r\n")).Status.Should().Be(400, mode.Name);
            backend.Requests.Should().BeEmpty();
            router.Site.Backends[0].LastSeen.Should().BeNull("Router did not even try");
        }
    }

    private void NothingIsForwarded()
    {
        site.Backend.Requests.Should().BeEmpty();
        site.Router.Site.Backends[0].LastSeen.Should().BeNull("Router did not even try");
    }

    /// <summary>A site whose backend no case may reach.</summary>
    public sealed class Site()
        : SharedWireMockSite(address =>
            SiteFile
                .Of("www.*", address)
                .AllowList("staff", "203.0.113.0/24")
                .Path("www.*", "/admin", allowList: "staff")
                .Host("refused.*", "www")
                .Path("refused.*", "/admin", refuse: true)
        );
}
