namespace Router.Tests;

public sealed class RawTargetTests(PlainSite site, EveryHostSite untouched) : IClassFixture<PlainSite>, IClassFixture<EveryHostSite>
{
    private readonly RunningRouter _router = site.Router;
    private readonly RecordingBackend _backend = site.Backend.Forget();

    public static TheoryData<string> OddTargets =>
        [
            "/",
            "/a",
            "/a?",
            "/a??",
            "/a?b=c&d=%20e+f",
            "/?",
            "//",
            "//a",
            "/a//b///c",
            "/a/./b",
            "/a/../b",
            "/..",
            "/a/%2e%2e/b",
            "/a%2Fb",
            "/a%2fb",
            "/a%5Cb",
            "/a\\b",
            "/%7Euser/~user",
            "/%41%42c",
            "/a;x=1;y/b;z",
            "/a%3Bb",
            "/a%20b",
            "/a+b",
            "/caf%C3%A9",
            "/caf%E9",
            "/a%25b",
            "/a%252Fb",
            "/a?b=%zz",
            "/a?b=%2F%00",
            "/a?b=%",
            "/a?x=/../y",
            "/a?q=\"|{}^`",
            "/(a)'b'!*,$&=:@",
            "/a?b#c".Replace("#", "%23"),
            "/a?b?c",
            "/[a]",
            "/x:y@z",
            "/http://other.example.org/",
            "/?http://other.example.org/",
            "/%e2%98%83",
        ];

    [Theory]
    [MemberData(nameof(OddTargets))]
    public async Task The_target_is_forwarded_unchanged(string target)
    {
        var reply = await _router.SendRawAsync($"GET {target} HTTP/1.1\r\nHost: www.example.org\r\n\r\n");

        reply.Status.Should().Be(200);
        _backend.OnlyRequest.FirstLine.Should().Be($"GET {target} HTTP/1.1");
    }

    [Fact]
    public async Task Rules_match_the_normalised_path_and_the_raw_one_is_forwarded()
    {
        await using var pages = RawBackend.RespondingText("pages");
        await using var files = RawBackend.RespondingText("files");
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", pages).Frontend("files", files.Address).Path("www.*", "/files", backend: "files")
        );

        var reply = await router.SendRawAsync("GET /%66iles/%41?x HTTP/1.1\r\nHost: www.example.org\r\n\r\n");

        reply.Body.Should().Be("files");
        (await files.RequestAsync()).Target.Should().Be("/%66iles/%41?x");
    }

    [Theory]
    [InlineData("http://www.example.org/a?b", "/a?b")]
    [InlineData("http://WWW.example.org:80/a%2Fb", "/a%2Fb")]
    [InlineData("http://www.example.org", "/")]
    [InlineData("http://www.example.org?x", "/?x")]
    public async Task The_absolute_form_is_routed_by_its_own_host(string target, string sent)
    {
        var reply = await _router.SendRawAsync($"GET {target} HTTP/1.1\r\nHost: www.example.org\r\n\r\n");

        reply.Status.Should().Be(200);
        _backend.OnlyRequest.Target.Should().Be(sent);
    }

    [Theory]
    [InlineData("GET /%zz HTTP/1.1")]
    [InlineData("GET /a%2 HTTP/1.1")]
    [InlineData("GET /a%00b HTTP/1.1")]
    [InlineData("GET /a#b HTTP/1.1")]
    [InlineData("GET a HTTP/1.1")]
    [InlineData("GET /caf\u00e9 HTTP/1.1")]
    [InlineData("GET /a\tb HTTP/1.1")]
    [InlineData("GET * HTTP/1.1")]
    [InlineData("GET ftp://www.example.org/ HTTP/1.1")]
    [InlineData("CONNECT www.example.org:443 HTTP/1.1")]
    [InlineData("GET / HTTP/1.1\r\nHost: other.example.org")]
    public async Task An_invalid_request_target_is_a_client_error_and_reaches_no_backend(string line)
    {
        var reply = await untouched.Router.SendRawAsync($"{line}\r\nHost: www.example.org\r\n\r\n");

        reply.Status.Should().BeOneOf(400, 405);
        reply.Values("Server").Should().BeEmpty();
        untouched.Backend.Connections.Should().Be(0);
    }
}
