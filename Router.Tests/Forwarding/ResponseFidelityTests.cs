using System.Text;

namespace Router.Tests.Forwarding;

public sealed class ResponseFidelityTests(PlainSite site) : IClassFixture<PlainSite>
{
    private readonly RunningRouter _router = site.Router;
    private readonly RecordingBackend _backend = site.Backend.Forget();

    [Theory]
    [InlineData("200 OK")]
    [InlineData("200 All is well")]
    [InlineData("201 Created")]
    [InlineData("299 Odd")]
    [InlineData("302 Found")]
    [InlineData("418 I'm a teapot")]
    [InlineData("500 Broken")]
    [InlineData("599 Far out")]
    [InlineData("799 Beyond")]
    [InlineData("999 Request denied")]
    public async Task Status_and_reason_are_forwarded_unchanged(string status)
    {
        _backend.RespondWith($"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nok");

        var reply = await _router.SendRawAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");

        reply.FirstLine.Should().Be($"HTTP/1.1 {status}");
        reply.Body.Should().Be("ok");
    }

    [Theory]
    [InlineData("GET", "204 No Content", "ETag: \"x\"")]
    [InlineData("GET", "304 Not Modified", "ETag: \"x\"\r\nContent-Length: 1234")]
    [InlineData("GET", "304 Not Modified", "ETag: \"x\"")]
    [InlineData("HEAD", "200 OK", "Content-Length: 1234\r\nContent-Type: a/b")]
    [InlineData("HEAD", "200 OK", "Transfer-Encoding: chunked\r\nContent-Type: a/b")]
    [InlineData("HEAD", "404 Not Found", "Content-Length: 7")]
    [InlineData("GET", "205 Reset Content", "Content-Length: 0")]
    public async Task A_response_without_a_body_has_none_and_keeps_its_headers(string method, string status, string headers)
    {
        var connections = new List<RawConnection>();
        _backend.RespondWith(connection =>
        {
            connections.Add(connection);
            return connection.WriteAsync($"HTTP/1.1 {status}\r\n{headers}\r\n\r\n");
        });
        using var client = await _router.ConnectAsync();

        for (var i = 0; i < 2; i++)
        {
            await client.WriteAsync($"{method} / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
            var reply = new RawMessage(await client.ReadHeadAsync());

            reply.FirstLine.Should().Be($"HTTP/1.1 {status}");
            foreach (var header in headers.Split("\r\n").Where(header => !header.StartsWith("Transfer-Encoding", StringComparison.Ordinal)))
                reply.Values(header.Split(": ")[0]).Should().Equal(header.Split(": ")[1]);
        }

        // Had there been a byte of a body, the second response would not have been where it was.
        connections.Should().HaveCount(2);
        connections.Distinct().Should().ContainSingle();
    }

    [Fact]
    public async Task What_a_response_has_in_common_with_the_previous_one_on_its_connection_changes_nothing()
    {
        var longer = new string('a', 3000);
        (string Status, string[] Headers)[] responses =
        [
            ("200 OK", ["X-A: one", "X-B: two", "ETag: \"1\"", "Set-Cookie: a=b"]),
            ("200 OK", ["X-A: one", "X-B: two", "ETag: \"1\"", "Set-Cookie: a=b"]),
            ("404 Not Found", ["X-A: one", "X-B: two", "ETag: \"1\"", "Set-Cookie: a=b"]),
            ("200 Fine", ["x-a: one", "X-B: Two", "ETag: \"12\"", "Set-Cookie: a="]),
            ("200 OK", ["X-B: two", "X-A: one", "Set-Cookie: a=b", "Set-Cookie: a=c"]),
            ("200 OK", ["X-B: two", "X-A: one", "Set-Cookie: a=b", "Set-Cookie: a=c"]),
            ("200 OK", ["Set-Cookie: a=c", "Set-Cookie: a=b", "X-B: tw\u00f6", "X-A:"]),
            ("200 OK", ["X-B: tw\u00f6", "X-A: "]),
            ("200 OK", ["X-B: tw\u00f6", "X-A: ", "Connection: X-B", "Keep-Alive: timeout=5"]),
            ("200 OK", ["X-B: tw\u00f6", "X-A: ", "Connection: X-A", "Keep-Alive: timeout=5"]),
            ("200 OK", ["X-B: tw\u00f6", "X-A: ", "Connection: x-a", "Connection: X-B"]),
            ("200 OK", ["X-B: tw\u00f6", "X-A: "]),
            ("200 OK", [$"X-A: {longer}", "X-B: two", "X-B: three"]),
            ("200 OK", [$"X-A: {longer}", "X-B: two", "X-B: four"]),
            ("200 OK", ["X-A: one", "X-B: two", "X-B: four"]),
            ("200 OK", []),
            ("200 OK", ["X-A: one"]),
        ];
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        using var client = await router.ConnectAsync();
        RawConnection? connection = null;

        foreach (var (status, sent) in responses)
        {
            await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
            connection ??= await backend.AcceptAsync();
            await connection.ReadMessageAsync();
            await connection.WriteAsync(
                $"HTTP/1.1 {status}\r\nContent-Length: 0\r\n{string.Concat(sent.Select(header => header + "\r\n"))}\r\n"
            );
            var reply = new RawMessage(await client.ReadHeadAsync());

            reply.FirstLine.Should().Be($"HTTP/1.1 {status}");
            var stopped = sent.Where(header => header.StartsWith("Connection: ", StringComparison.Ordinal))
                .Select(header => header["Connection: ".Length..])
                .Append("Keep-Alive")
                .ToList();
            var headers = sent.Where(header => !stopped.Contains(header.Split(':')[0], StringComparer.OrdinalIgnoreCase)).ToList();
            reply.Values("Keep-Alive").Should().BeEmpty();
            // The names of its own headers, letter by letter.
            foreach (var header in headers.Where(header => header.StartsWith("X-", StringComparison.OrdinalIgnoreCase)))
                reply.Head.Should().Contain($"\r\n{header.Split(':')[0]}:");
            string[] names = ["X-A", "X-B", "ETag", "Set-Cookie"];
            foreach (var name in names)
                reply
                    .Values(name)
                    .Should()
                    .Equal(
                        headers
                            .Where(header => header.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
                            .Select(header => header[(name.Length + 1)..].Trim(' '))
                    );
        }

        backend.Connections.Should().Be(1);
    }

    [Fact]
    public async Task Response_header_values_are_forwarded_byte_for_byte_and_repeated_ones_in_order()
    {
        var utf8 = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes("größer €"));
        _backend.RespondWith(
            $"HTTP/1.1 200 OK\r\nX-Latin: caf\u00e9\u00ff\u0080\r\nX-Utf: {utf8}\r\nSet-Cookie: a=b; Path=/\r\nX-Empty:\r\n"
                + $"Set-Cookie: c=d, e\r\nServer: backend/1\r\n"
                + "Date: long ago\r\nContent-Type: odd\r\nLast-Modified: whenever\r\nX-Tab: a\tb\r\nVary: A\r\nVary: B\r\n"
                + "Content-Length: 2\r\n\r\nok"
        );

        var reply = await _router.SendRawAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");

        reply.Values("X-Latin").Should().Equal("caf\u00e9\u00ff\u0080");
        reply.Values("X-Utf").Should().Equal(utf8);
        reply.Values("Set-Cookie").Should().Equal("a=b; Path=/", "c=d, e");
        reply.Values("X-Empty").Should().Equal("");
        reply.Values("Server").Should().Equal("backend/1");
        reply.Values("Date").Should().Equal("long ago");
        reply.Values("Content-Type").Should().Equal("odd");
        reply.Values("Last-Modified").Should().Equal("whenever");
        reply.Values("X-Tab").Should().Equal("a\tb");
        reply.Values("Vary").Should().Equal("A", "B");
    }

    [Fact]
    public async Task Headers_of_the_backends_connection_are_not_forwarded()
    {
        _backend.RespondWith(
            "HTTP/1.1 200 OK\r\nConnection: X-Mine, keep-alive\r\nX-Mine: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: x\r\n"
                + "Upgrade: h2c\r\nX-Stays: 1\r\nContent-Length: 2\r\n\r\nok"
        );

        var reply = await _router.SendRawAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");

        foreach (var name in new[] { "Connection", "X-Mine", "Keep-Alive", "Proxy-Authenticate", "Upgrade" })
            reply.Values(name).Should().BeEmpty(name);
        reply.Values("X-Stays").Should().Equal("1");
    }

    [Theory]
    [InlineData("Content-Length: 0\r\n\r\n", "Content-Length", "0", "")]
    [InlineData("Content-Length: 5\r\n\r\nhello", "Content-Length", "5", "hello")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", null, null, "")]
    [InlineData(
        "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n003 ; ext=\"a\"\r\nllo\r\n000\r\n\r\n",
        "Transfer-Encoding",
        "chunked",
        "hello"
    )]
    [InlineData("Connection: close\r\n\r\nhello", "Transfer-Encoding", "chunked", "hello")]
    [InlineData("Transfer-Encoding: identity\r\n\r\nhello", "Transfer-Encoding", "chunked", "hello")]
    public async Task A_body_arrives_complete_in_every_framing(string rest, string? framing, string? value, string body)
    {
        _backend.RespondWith(async connection =>
        {
            await connection.WriteAsync($"HTTP/1.1 200 OK\r\n{rest}");
            // Without a length and chunks the body ends with the connection.
            if (!rest.Contains("Content-Length", StringComparison.Ordinal) && !rest.Contains("chunked", StringComparison.Ordinal))
                connection.FinishWriting();
        });

        var reply = await _router.SendRawAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");

        reply.Status.Should().Be(200);
        reply.Body.Should().Be(body);
        if (framing is not null)
            reply.Values(framing).Should().Equal(value);
    }

    [Fact]
    public async Task An_informational_response_is_dropped_and_the_final_one_arrives()
    {
        _backend.RespondWith(
            "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\n"
                + "Content-Length: 2\r\n\r\nok"
        );

        var reply = await _router.SendRawAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");

        (reply.Status, reply.Body).Should().Be((200, "ok"));
        reply.Values("Link").Should().BeEmpty();
    }
}
