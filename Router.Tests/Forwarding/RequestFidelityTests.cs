using System.Text;

namespace Router.Tests.Forwarding;

public sealed class RequestFidelityTests(PlainSite site, EveryHostSite untouched) : IClassFixture<PlainSite>, IClassFixture<EveryHostSite>
{
    private readonly RunningRouter _router = site.Router;
    private readonly RecordingBackend _backend = site.Backend.Forget();

    [Theory]
    [InlineData("/")]
    [InlineData("/a/b?c=d&e")]
    [InlineData("/%41%7e%2d?%41")]
    [InlineData("/a%2Fb%3Bc%40d%2Be")]
    [InlineData("/a;b=c@d+e:f,g!$&'()*")]
    [InlineData("/caf%c3%a9/%E9")]
    [InlineData("/?")]
    [InlineData("/?a=/../b//c")]
    [InlineData("/?q=\"^`{|}\\[]")]
    [InlineData("//double//")]
    [InlineData("/a/./b/../c/")]
    [InlineData("/a|b")]
    [InlineData("/%25%20%3f%23")]
    public async Task The_target_is_forwarded_unchanged(string target)
    {
        var reply = await _router.SendRawAsync($"GET {target} HTTP/1.1\r\nHost: www.example.org\r\n\r\n");

        reply.Status.Should().Be(200);
        _backend.OnlyRequest.FirstLine.Should().Be($"GET {target} HTTP/1.1");
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("get")]
    [InlineData("head")]
    [InlineData("PROPFIND")]
    [InlineData("M-SEARCH")]
    [InlineData("BREW!#$%&'*+.^_`|~")]
    [InlineData("PATCH")]
    [InlineData("TRACE")]
    public async Task A_method_is_any_token_and_keeps_its_case(string method)
    {
        var reply = await _router.SendRawAsync($"{method} / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");

        (reply.Status, reply.Body).Should().Be((200, "ok"));
        _backend.OnlyRequest.FirstLine.Should().Be($"{method} / HTTP/1.1");
    }

    [Theory]
    [InlineData("http://www.example.org/a?b", "/a?b")]
    [InlineData("http://www.example.org", "/")]
    [InlineData("http://www.example.org?b", "/?b")]
    public async Task A_target_in_absolute_form_is_forwarded_in_origin_form(string target, string sent)
    {
        (await _router.SendRawAsync($"GET {target} HTTP/1.1\r\nHost: www.example.org\r\n\r\n")).Status.Should().Be(200);

        var request = _backend.OnlyRequest;
        request.Target.Should().Be(sent);
        request.Values("Host").Should().Equal(_backend.Authority);
    }

    [Fact]
    public async Task OPTIONS_for_the_whole_server_gets_a_response_of_Router()
    {
        (await untouched.Router.SendRawAsync("OPTIONS * HTTP/1.1\r\nHost: www.example.org\r\n\r\n", hasBody: false))
            .Status.Should()
            .Be(204);
        (await untouched.Router.SendRawAsync("GET * HTTP/1.1\r\nHost: www.example.org\r\n\r\n")).Status.Should().BeOneOf(400, 405);
        untouched.Backend.Connections.Should().Be(0);
    }

    [Theory]
    [InlineData("CONNECT www.example.org:443")]
    [InlineData("CONNECT /")]
    [InlineData("CONNECT http://www.example.org/")]
    [InlineData("CONNECT *")]
    public async Task No_client_gets_a_tunnel(string line)
    {
        (await untouched.Router.SendRawAsync($"{line} HTTP/1.1\r\nHost: www.example.org:443\r\n\r\n")).Status.Should().BeInRange(400, 405);
        untouched.Backend.Connections.Should().Be(0);
    }

    [Fact]
    public async Task Request_header_values_are_forwarded_byte_for_byte_and_repeated_ones_in_order()
    {
        var utf8 = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes("größer €"));

        await _router.SendRawAsync(
            $"GET / HTTP/1.1\r\nHost: www.example.org\r\nX-Latin: caf\u00e9 \u00ff\u0080\r\nX-Utf: {utf8}\r\nX-Tab: a\tb\r\nX-Empty:\r\n"
                + "X-Many: 1\r\nAccept: a/b\r\nX-Many: 2, 3\r\nX-Many: 4\r\nAccept: c/d;q=0.1\r\nUser-Agent: \"odd (; agent\r\n"
                + "If-Modified-Since: yesterday\r\n"
                + "Cookie: a=b; c\r\nCookie: d=e\r\nAuthorization: odd\u00fc\r\nDate: now\r\nRange: rubbish\r\n\r\n"
        );

        var request = _backend.OnlyRequest;
        request.Values("X-Latin").Should().Equal("caf\u00e9 \u00ff\u0080");
        request.Values("X-Utf").Should().Equal(utf8);
        request.Values("X-Tab").Should().Equal("a\tb");
        request.Values("X-Empty").Should().Equal("");
        request.Values("X-Many").Should().Equal("1", "2, 3", "4");
        request.Values("Accept").Should().Equal("a/b", "c/d;q=0.1");
        request.Values("User-Agent").Should().Equal("\"odd (; agent");
        request.Values("If-Modified-Since").Should().Equal("yesterday");
        request.Values("Cookie").Should().Equal("a=b; c", "d=e");
        request.Values("Authorization").Should().Equal("odd\u00fc");
        request.Values("Date").Should().Equal("now");
        request.Values("Range").Should().Equal("rubbish");
    }

    [Theory]
    [InlineData("Content-Type: text/plain")]
    [InlineData("Allow: GET")]
    [InlineData("Expires: 0")]
    [InlineData("Content-Encoding: gzip")]
    public async Task A_request_without_a_body_gets_none_whatever_its_headers(string header)
    {
        await _router.SendRawAsync($"GET / HTTP/1.1\r\nHost: www.example.org\r\n{header}\r\n\r\n");

        var request = _backend.OnlyRequest;
        request.Values(header.Split(':')[0]).Should().Equal(header.Split(": ")[1]);
        request.Values("Content-Length").Should().BeEmpty();
        request.Values("Transfer-Encoding").Should().BeEmpty();
    }

    [Theory]
    [InlineData("POST", "Content-Length: 0\r\n\r\n", "Content-Length", "0", "")]
    [InlineData("GET", "Content-Length: 0\r\n\r\n", "Content-Length", "0", "")]
    [InlineData("POST", "Content-Length: 5\r\n\r\nhello", "Content-Length", "5", "hello")]
    [InlineData("GET", "Content-Length: 5\r\n\r\nhello", "Content-Length", "5", "hello")]
    [InlineData("DELETE", "Content-Length: 5\r\n\r\nhello", "Content-Length", "5", "hello")]
    [InlineData("HEAD", "Content-Length: 5\r\n\r\nhello", "Content-Length", "5", "hello")]
    [InlineData("BREW", "Content-Length: 5\r\n\r\nhello", "Content-Length", "5", "hello")]
    [InlineData("POST", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding", "chunked", "")]
    [InlineData("POST", "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n", "Transfer-Encoding", "chunked", "hello")]
    [InlineData("GET", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "Transfer-Encoding", "chunked", "hello")]
    [InlineData("DELETE", "Transfer-Encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "Transfer-Encoding", "chunked", "hello")]
    public async Task A_body_keeps_its_framing(string method, string rest, string framing, string value, string body)
    {
        if (method == "HEAD")
            _backend.RespondWith("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");

        var reply = await _router.SendRawAsync($"{method} / HTTP/1.1\r\nHost: www.example.org\r\n{rest}", hasBody: method != "HEAD");

        reply.Status.Should().Be(200);
        var request = _backend.OnlyRequest;
        request.Method.Should().Be(method);
        request.Values(framing).Should().Equal(value);
        request.Body.Should().Be(body);
    }

    [Fact]
    public async Task A_value_with_a_control_character_is_rejected_before_a_backend_gets_the_request()
    {
        using var dead = new ClosedPort();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", dead.Address));

        foreach (var value in new[] { "a\u0001", "a\u007fb" })
            (await router.SendRawAsync($"GET / HTTP/1.1\r\nHost: www.example.org\r\nX-A: {value}\r\n\r\n")).Status.Should().Be(400);

        router.Site.Backends[0].LastSeen.Should().BeNull();
    }

    [Fact]
    public async Task Headers_of_the_connection_are_not_forwarded()
    {
        await _router.SendRawAsync(
            "GET / HTTP/1.1\r\nHost: www.example.org\r\nConnection: x-mine, , X-Forwarded-For\r\nX-Mine: 1\r\nKeep-Alive: 5\r\n"
                + "Proxy-Connection: a\r\n"
                + "Proxy-Authorization: b\r\nTE: gzip, trailers\r\nUpgrade: h2c\r\nHTTP2-Settings: c\r\nX-Stays: 1\r\n\r\n"
        );

        var request = _backend.OnlyRequest;
        foreach (var name in new[] { "X-Mine", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "Upgrade", "HTTP2-Settings" })
            request.Values(name).Should().BeEmpty(name);
        request.Values("TE").Should().Equal("trailers");
        request.Values("Connection").Should().Equal("TE");
        request.Values("X-Stays").Should().Equal("1");
        request.Values("X-Forwarded-For").Should().Equal("127.0.0.1");
    }
}
