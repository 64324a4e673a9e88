namespace Router.Tests.Forwarding;

/// <summary>The promise: 400 and the connection closed, or exactly one plain request at the backend. Never a second one.</summary>
public sealed class RequestSmugglingTests(RequestSmugglingTests.Site site) : IClassFixture<RequestSmugglingTests.Site>
{
    private const string Get = "GET / HTTP/1.1\r\nHost: www.example.org\r\n";
    private const string Post = "POST / HTTP/1.1\r\nHost: www.example.org\r\n";
    private const string Chunked = Post + "Transfer-Encoding: chunked\r\n\r\n";
    private const string Second = "GET /smuggled HTTP/1.1\r\nHost: www.example.org\r\n\r\n";

    public static TheoryData<string> Refused =>
        new()
        {
            // two lengths
            Post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + Second,
            Post + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + Second,
            Post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello" + Second,
            Post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello" + Second,
            Post + "Content-Length: 5, 5\r\n\r\nhello" + Second,
            Post + "Content-Length: 5, 6\r\n\r\nhello" + Second,
            // lengths that are none
            Post + "Content-Length:\r\n\r\n" + Second,
            Post + "Content-Length: -5\r\n\r\nhello" + Second,
            Post + "Content-Length: 0x5\r\n\r\nhello" + Second,
            Post + "Content-Length: 5;\r\n\r\nhello" + Second,
            Post + "Content-Length: 5 5\r\n\r\nhello" + Second,
            Post + "Content-Length: 1_0\r\n\r\nhello" + Second,
            Post + "Content-Length: 5\u00a0\r\n\r\nhello" + Second,
            Post + "Content-Length: 18446744073709551621\r\n\r\nhello" + Second,
            Post + "Content-Length: five\r\n\r\nhello" + Second,
            Post + "Content-Length: +5\r\n\r\nhello" + Second,
            Post + "Content-Length: -0\r\n\r\n" + Second,
            Post + "Content-Length: 5\u000b\r\n\r\nhello" + Second,
            Post + "Content-Length: \u000c5\r\n\r\nhello" + Second,
            Post + "Content-Length: 5\u0000\r\n\r\nhello" + Second,
            Post + "Content-Length: 000000000000000000000000000005\r\n\r\nhello" + Second,
            // codings
            Post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + Second,
            Post + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" + Second,
            Post + "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + Second,
            Post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + Second,
            Post + "Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n" + Second,
            Post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + Second,
            Post + "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n" + Second,
            Post + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n" + Second,
            Post + "Transfer-Encoding:\u000bchunked\r\n\r\n0\r\n\r\n" + Second,
            Post + "Transfer-Encoding: chunked\u0000\r\n\r\n0\r\n\r\n" + Second,
            Post + "Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello" + Second,
            Post + "Transfer-Encoding:\r\nContent-Length: 5\r\n\r\nhello" + Second,
            Post + "Transfer-Encoding: \r\n chunked\r\n\r\n0\r\n\r\n" + Second,
            "POST / HTTP/1.0\r\nHost: www.example.org\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + Second,
            // names
            Post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + Second,
            Post + "Content-Length : 5\r\n\r\nhello" + Second,
            Post + " Content-Length: 5\r\n\r\nhello" + Second,
            Post + "Content-Length\u0000: 5\r\n\r\nhello" + Second,
            Get + "X\u00e9: a\r\n\r\n",
            Get + "no colon\r\n\r\n",
            Get + ": nameless\r\n\r\n",
            Get + "a b: c\r\n\r\n",
            // line ends and controls
            Get + "X: a\nTransfer-Encoding: chunked\r\n\r\n" + Second,
            "GET / HTTP/1.1\nHost: www.example.org\n\n",
            Get + "X: y\n\n",
            Get + "X: a\r b\r\n\r\n",
            Get + "X: a\rTransfer-Encoding: chunked\r\n\r\n",
            Get + "X: a\u0000b\r\n\r\n",
            Get + "X: a\u0001b\r\n\r\n",
            Get + "X: a\u007fb\r\n\r\n",
            Get + "X: a\r\n b\r\n\r\n",
            Get + "X: a\r\n\tb\r\n\r\n",
            // chunks
            Chunked + "5\nhello\r\n0\r\n\r\n" + Second,
            Chunked + "5\r\nhello\n0\r\n\r\n" + Second,
            Chunked + "5;a\nb\r\nhello\r\n0\r\n\r\n" + Second,
            Chunked + "5;a\rb\r\nhello\r\n0\r\n\r\n" + Second,
            Chunked + "0x5\r\nhello\r\n0\r\n\r\n" + Second,
            Chunked + "-5\r\nhello\r\n0\r\n\r\n" + Second,
            Chunked + "+5\r\nhello\r\n0\r\n\r\n" + Second,
            Chunked + " 5\r\nhello\r\n0\r\n\r\n" + Second,
            Chunked + "5 \r\nhello\r\n0\r\n\r\n" + Second,
            Chunked + "5g\r\nhello\r\n0\r\n\r\n" + Second,
            Chunked + "\r\n5\r\nhello\r\n0\r\n\r\n" + Second,
            Chunked + "5\r\nhelloXX0\r\n\r\n" + Second,
            Chunked + "6\r\nhello\r\n0\r\n\r\n" + Second,
            Chunked + "100000005\r\nhello\r\n0\r\n\r\n" + Second,
            Chunked + "10000000000000005\r\nhello\r\n0\r\n\r\n" + Second,
            Chunked + "5\r\nhello\r\n0\n\n" + Second,
            Chunked + "5\r\nhello\r\n0\r\nX: y\nZ: w\r\n\r\n" + Second,
            Chunked + "5\r\nhello\r\n0\r\nX : y\r\n\r\n" + Second,
            Chunked + "5\r\nhello\r\n0\r\nX: a\u0000b\r\n\r\n" + Second,
            // request lines
            "GET  / HTTP/1.1\r\nHost: www.example.org\r\n\r\n",
            "GET /\tx HTTP/1.1\r\nHost: www.example.org\r\n\r\n",
            "GET / x HTTP/1.1\r\nHost: www.example.org\r\n\r\n",
            "GET / HTTP/1.1 \r\nHost: www.example.org\r\n\r\n",
            "GET / HTTP/1.1\r\n Host: www.example.org\r\n\r\n",
            "GET /\r\n\r\n",
            "GET /#/../admin HTTP/1.1\r\nHost: www.example.org\r\n\r\n",
            "G\u0000T / HTTP/1.1\r\nHost: www.example.org\r\n\r\n",
            "G(T / HTTP/1.1\r\nHost: www.example.org\r\n\r\n",
            "GET /\u00e9 HTTP/1.1\r\nHost: www.example.org\r\n\r\n",
            "GET /a\u0000b HTTP/1.1\r\nHost: www.example.org\r\n\r\n",
            "GET www.example.org/ HTTP/1.1\r\nHost: www.example.org\r\n\r\n",
            "GET ftp://www.example.org/ HTTP/1.1\r\nHost: www.example.org\r\n\r\n",
            "GET / HTTP/1.12\r\nHost: www.example.org\r\n\r\n",
            "GET / HTTP/2.0\r\nHost: www.example.org\r\n\r\n",
        };

    public static TheoryData<string, string, string> Plain =>
        new()
        {
            // what comes, one framing header that goes on, the body
            { Post + "Content-Length: 05\r\n\r\nhello", "Content-Length: 5", "hello" },
            { Post + "Content-Length:\t5 \r\n\r\nhello", "Content-Length: 5", "hello" },
            { Post + "content-length: 5\r\n\r\nhello", "Content-Length: 5", "hello" },
            { Post + "Transfer-Encoding:\t Chunked \r\n\r\n5\r\nhello\r\n0\r\n\r\n", "Transfer-Encoding: chunked", "hello" },
            { Post + "Transfer_Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello", "Content-Length: 5", "hello" },
            { Post + "Content_Length: 9\r\nContent-Length: 5\r\n\r\nhello", "Content-Length: 5", "hello" },
            { Post + "X-Content-Length: 9\r\nContent-Length: 5\r\n\r\nhello", "Content-Length: 5", "hello" },
            { Chunked + "5;ext=\"a;b\"\r\nhello\r\n00000\r\n\r\n", "Transfer-Encoding: chunked", "hello" },
            {
                Chunked + "00005\r\nhello\r\n0\r\nContent-Length: 9\r\nTransfer-Encoding: x\r\nHost: other\r\n\r\n",
                "Transfer-Encoding: chunked",
                "hello"
            },
            { Post + "Connection: Content-Length\r\nContent-Length: 5\r\n\r\nhello", "Content-Length: 5", "hello" },
            {
                Post + "Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked",
                "hello"
            },
            { Post + "Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\nhello", "Content-Length: 5", "hello" },
            {
                Post + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: 5\r\n\r\nhello",
                "Content-Length: 5",
                "hello"
            },
        };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task An_ambiguous_request_is_rejected_and_the_connection_closed(string bytes)
    {
        site.Backend.Forget();
        using var client = await site.Router.ConnectAsync();

        await client.WriteAsync(bytes);
        var (text, _) = await client.ReadToEndAsync();

        (text[..Math.Min(12, text.Length)] is "HTTP/1.1 400" or "HTTP/1.1 413" or "HTTP/1.1 505").Should().BeTrue(text);
        text.LastIndexOf("HTTP/1.1", StringComparison.Ordinal).Should().Be(0, "there is one response");
        text.ToLowerInvariant().Should().Contain("connection: close").And.NotContain("kestrel").And.NotContain("exception");
        // A body that broke on the way may have begun to reach it; none of it can be taken for a whole request.
        site.Backend.Requests.Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(Plain))]
    public async Task Unusual_requests_are_forwarded_in_one_form(string bytes, string framing, string body)
    {
        site.Backend.Forget();
        using var client = await site.Router.ConnectAsync();

        await client.WriteAsync(bytes + "GET /next HTTP/1.1\r\nHost: www.example.org\r\nConnection: close\r\n\r\n");
        var (text, _) = await client.ReadToEndAsync();

        text.Should().StartWith("HTTP/1.1 200");
        site.Backend.Requests.Should().HaveCount(2);
        var request = site.Backend.Requests[0];
        request.Target.Should().Be("/");
        request.Body.Should().Be(body);
        string[] framings = ["contentlength", "transferencoding", "xcontentlength", "upgrade", "http2settings"];
        request
            .Headers.Where(header =>
                framings.Contains(
                    header.Name.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToLowerInvariant()
                )
            )
            .Select(header => $"{header.Name}: {header.Value}")
            .Should()
            .Equal(framing);
        site.Backend.Requests[1].Target.Should().Be("/next");
    }

    [Fact]
    public async Task Chunk_extensions_that_are_longer_than_any_body_needs_are_refused()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("*", backend.Address).Set("Hosts:*:MaxRequestBody", "1KiB"));
        using var client = await router.ConnectAsync();

        await client.WriteAsync(Chunked + "5;" + new string('a', 100_000) + "\r\nhello\r\n0\r\n\r\n");

        (await client.ReadMessageAsync())!.Status.Should().Be(413);
        backend.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task A_body_of_single_byte_chunks_may_be_as_long_as_the_route_allows()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("*", backend.Address).Set("Hosts:*:MaxRequestBody", "64KiB"));

        var response = await router.SendRawAsync(Chunked + string.Concat(Enumerable.Repeat("1\r\na\r\n", 64 << 10)) + "0\r\n\r\n");

        response.Status.Should().Be(200);
    }

    /// <summary>Its backend is raw: the cases look at how the request was framed.</summary>
    public sealed class Site() : SharedSite(address => SiteFile.Of("*", address));
}
