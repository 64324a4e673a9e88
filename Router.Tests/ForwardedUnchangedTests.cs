using System.IO.Compression;
using System.Text;

namespace Router.Tests;

public sealed class ForwardedUnchangedTests(PlainSite site) : IClassFixture<PlainSite>
{
    private readonly RunningRouter _router = site.Router;
    private readonly RecordingBackend _backend = site.Backend.Forget();

    [Fact]
    public async Task Repeated_response_headers_stay_separate()
    {
        _backend.RespondWith(
            "HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT\r\nSet-Cookie: b=2\r\nX-Twice: one\r\n"
                + "Set-Cookie: c=3\r\nX-Twice: two\r\nContent-Length: 0\r\n\r\n"
        );

        var reply = await _router.SendRawAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");

        reply.Values("Set-Cookie").Should().Equal("a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "b=2", "c=3");
        reply.Values("X-Twice").Should().Equal("one", "two");
    }

    [Fact]
    public async Task Repeated_request_headers_lose_nothing()
    {
        await _router.SendRawAsync(
            "GET / HTTP/1.1\r\nHost: www.example.org\r\nX-Twice: one\r\nX-Twice: two, three\r\nAccept: text/html\r\nAccept: */*\r\n\r\n"
        );

        var request = _backend.OnlyRequest;
        string.Join(", ", request.Values("X-Twice")).Should().Be("one, two, three");
        string.Join(", ", request.Values("Accept")).Should().Be("text/html, */*");
    }

    [Fact]
    public async Task Cookies_in_several_headers_are_not_joined_with_commas()
    {
        await _router.SendRawAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\nCookie: a=1\r\nCookie: b=2; c=3\r\n\r\n");

        string.Join("; ", _backend.OnlyRequest.Values("Cookie")).Should().Be("a=1; b=2; c=3");
    }

    [Theory]
    [InlineData("301 Moved Permanently", "https://www.example.org/elsewhere")]
    [InlineData("302 Found", "/elsewhere")]
    [InlineData("307 Temporary Redirect", "http://another.example.org/?a=b#c")]
    [InlineData("308 Permanent Redirect", "//another.example.org")]
    public async Task A_redirect_is_forwarded_and_not_followed(string status, string location)
    {
        _backend.RespondWith($"HTTP/1.1 {status}\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");

        var reply = await _router.SendRawAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");

        reply.FirstLine.Should().Be($"HTTP/1.1 {status}");
        reply.Value("Location").Should().Be(location);
        _backend.OnlyRequest.Target.Should().Be("/");
    }

    [Fact]
    public async Task No_cookies_are_kept()
    {
        _backend.RespondWith("HTTP/1.1 200 OK\r\nSet-Cookie: session=secret; Path=/\r\nContent-Length: 0\r\n\r\n");

        await _router.GetAsync("http://www.example.org/");
        await _router.GetAsync("http://www.example.org/");

        _backend.Requests.Should().HaveCount(2).And.OnlyContain(request => request.Values("Cookie").Count == 0);
    }

    [Fact]
    public async Task Nothing_is_decompressed()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            await gzip.WriteAsync(Encoding.ASCII.GetBytes(new string('x', 1000)));
        var bytes = Encoding.Latin1.GetString(packed.ToArray());
        _backend.RespondWith($"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {bytes.Length}\r\n\r\n{bytes}");

        var reply = await _router.SendRawAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");

        reply.Body.Should().Be(bytes);
        reply.Value("Content-Encoding").Should().Be("gzip");
        _backend.OnlyRequest.Values("Accept-Encoding").Should().BeEmpty("the client named none");
    }

    [Fact]
    public async Task Router_adds_no_headers_of_an_HTTP_client()
    {
        await _router.SendRawAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");

        _backend
            .OnlyRequest.Headers.Select(header => header.Name)
            .Should()
            .BeEquivalentTo("Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host");
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("PATCH")]
    [InlineData("PROPFIND")]
    [InlineData("BREW")]
    public async Task Any_method_is_forwarded_unchanged(string method)
    {
        await _router.SendRawAsync(
            $"{method} /x HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 4\r\nContent-Type: text/x; a=\"b\"\r\n\r\nbody"
        );

        var request = _backend.OnlyRequest;
        request.Method.Should().Be(method);
        request.Body.Should().Be("body");
        request.Value("Content-Type").Should().Be("text/x; a=\"b\"");
        request.Value("Content-Length").Should().Be("4");
    }

    [Fact]
    public async Task The_response_to_HEAD_keeps_its_length_and_has_no_body()
    {
        _backend.RespondWith("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\nETag: \"x\"\r\n\r\n");

        var reply = await _router.SendRawAsync("HEAD / HTTP/1.1\r\nHost: www.example.org\r\n\r\n", hasBody: false);

        reply.Value("Content-Length").Should().Be("1234");
        reply.Value("ETag").Should().Be("\"x\"");
        _backend.OnlyRequest.Method.Should().Be("HEAD");
    }

    [Theory]
    [InlineData("204 No Content", "")]
    [InlineData("304 Not Modified", "ETag: \"x\"\r\n")]
    [InlineData("418 I'm a teapot", "Content-Length: 0\r\n")]
    [InlineData("200 Quite All Right", "Content-Length: 0\r\n")]
    [InlineData("599 Odd", "Content-Length: 0\r\n")]
    public async Task The_status_line_is_forwarded_as_the_backend_wrote_it(string status, string headers)
    {
        _backend.RespondWith($"HTTP/1.1 {status}\r\n{headers}\r\n");

        var reply = await _router.SendRawAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");

        reply.FirstLine.Should().Be($"HTTP/1.1 {status}");
    }

    [Fact]
    public async Task Octets_outside_ASCII_in_headers_are_forwarded_in_both_directions()
    {
        _backend.RespondWith("HTTP/1.1 200 OK\r\nX-Name: caf\u00e9 \u00ff\r\nContent-Length: 0\r\n\r\n");

        var reply = await _router.SendRawAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\nX-Name: caf\u00e9 \u00ff\r\n\r\n");

        reply.Value("X-Name").Should().Be("caf\u00e9 \u00ff");
        _backend.OnlyRequest.Value("X-Name").Should().Be("caf\u00e9 \u00ff");
    }

    [Fact]
    public async Task The_backends_credentials_replace_the_clients()
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", backend).Set("Backends:www:BasicAuthentication", "dXNlcjpwYXNz")
        );

        await router.GetAsync("http://www.example.org/", ("Authorization", "Bearer visitor"));

        (await backend.RequestAsync()).Values("Authorization").Should().Equal("Basic dXNlcjpwYXNz");
    }
}
