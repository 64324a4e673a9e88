namespace Router.Tests.Forwarding;

public sealed class MalformedResponseTests(PlainSite site) : IClassFixture<PlainSite>
{
    private readonly RunningRouter _router = site.Router;
    private readonly RecordingBackend _backend = site.Backend.Forget();

    public static TheoryData<string> InvalidResponses =>
        new()
        {
            "rubbish\r\n\r\n",
            "\r\n\r\n",
            "SSH-2.0-OpenSSH_9\r\n",
            "HTTP/2 200 OK\r\n\r\n",
            "HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n",
            "http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 +20 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 O\u0000K\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 O\rK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1\t200 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX: a\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 0\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nContent-Length: 2 2\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nContent-Length: 2,\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nContent-Length : 2\r\nContent-Length: 3\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding : chunked\r\nContent-Length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: identity\r\n\r\nok",
            "HTTP/1.1 200 OK\nX: a\r\nContent-Length: 0\n\n",
            "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\nX: a\rb\nContent-Length: 0\n\n",
            "HTTP/1.1 200 OK\n X: a\nContent-Length: 0\n\n",
            "HTTP/1.1 200 OK\nContent-Length: 2\nContent-Length: 3\n\nok",
            "HTTP/1.1 200 OK\r\nX[1]: a\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 205 Reset Content\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX-Folded: a\r\n b\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\n X: a\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\n: a\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX: a\u0000b\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX: a\u0001b\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX\u00e9: a\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX: " + new string('a', 70_000) + "\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 " + new string('a', 70_000),
            "HTTP/1.1 200 OK\r\nContent-Le",
            "",
        };

    [Theory]
    [InlineData("X: a\0b")]
    [InlineData("X: ab\u0001")]
    [InlineData("X: a\u0001")]
    [InlineData("X\0: ab")]
    public async Task A_reused_connection_is_validated_like_a_new_one(string header)
    {
        using var client = await _router.ConnectAsync();
        var connections = new List<RawConnection>();

        foreach (var (sent, status) in new[] { ("X: ab", "200 OK"), (header, "502 Bad Gateway") })
        {
            _backend.RespondWith(connection =>
            {
                connections.Add(connection);
                return connection.WriteAsync($"HTTP/1.1 200 OK\r\n{sent}\r\nContent-Length: 0\r\n\r\n");
            });
            await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");

            (await client.ReadHeadAsync()).Should().StartWith($"HTTP/1.1 {status}");
        }

        connections.Should().HaveCount(2);
        connections.Distinct().Should().ContainSingle();
    }

    [Theory]
    [MemberData(nameof(InvalidResponses))]
    public async Task An_invalid_response_becomes_502_and_nothing_of_it_reaches_the_client(string response)
    {
        var made = _backend.Connections;
        _backend.RespondWith(async connection =>
        {
            await connection.WriteAsync(response);
            if (response is "" || response.EndsWith("Content-Le", StringComparison.Ordinal))
                connection.Dispose();
        });

        var reply = await _router.SendRawAsync("POST / HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 0\r\n\r\n");

        reply.Status.Should().Be(502);
        reply.Values("X").Should().BeEmpty();
        reply.Values("Server").Should().BeEmpty();
        reply.Body.Should().Contain("there is a problem with the service").And.NotContain("rubbish");
        _backend.Requests.Should().ContainSingle();
        _backend.Connections.Should().Be(made + 1, "no connection with such a response is kept, and the request is not sent again");
    }

    [Theory]
    [InlineData("Content-Length: 10\r\n\r\n", "hello")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n", "a\r\nhello")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n0\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\nxyz\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n-1\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n", "5\r\nhelloo\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\nFFFFFFFFFFFFFFFFF\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n", "5\r\nhello\r\n0\r\nX: \r \r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n", "5\r\nhello\r\n")]
    public async Task A_body_that_breaks_ends_the_clients_connection_and_never_looks_complete(string headers, string body)
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _backend.RespondWith(async connection =>
        {
            await connection.WriteAsync($"HTTP/1.1 200 OK\r\n{headers}");
            await go.Task;
            await connection.WriteAsync(body);
            connection.FinishWriting();
        });
        using var client = await _router.ConnectAsync();

        await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        var head = await client.ReadHeadAsync();
        go.SetResult();
        var (text, ending) = await client.ReadToEndAsync();

        head.Should().StartWith("HTTP/1.1 200 ");
        if (head.Contains("chunked", StringComparison.Ordinal))
            text.Should().NotContain("\r\n0\r\n").And.NotStartWith("0\r\n");
        else
            text.Length.Should().BeLessThan(10);
        ending.Should().Be(Ending.Reset);
        await _router.Log.NextAsync("broken_in_response");
    }

    [Theory]
    [InlineData("Content-Length: 10")]
    [InlineData("Transfer-Encoding: chunked")]
    [InlineData("Transfer-Encoding: chunked\r\nTrailer: X")]
    public async Task A_502_has_nothing_of_the_response_that_broke(string framing)
    {
        _backend.RespondWith(async connection =>
        {
            await connection.WriteAsync(
                $"HTTP/1.1 200 OK\r\n{framing}\r\nContent-Encoding: gzip\r\nSet-Cookie: a=b\r\nETag: \"x\"\r\n\r\n"
            );
            connection.Reset();
        });

        for (var i = 0; i < 20; i++)
        {
            using var client = await _router.ConnectAsync();
            await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\nConnection: close\r\n\r\n");
            var (text, _) = await client.ReadToEndAsync();
            if (text.StartsWith("HTTP/1.1 502", StringComparison.Ordinal))
                text.Should()
                    .NotContain("Content-Encoding")
                    .And.NotContain("Set-Cookie")
                    .And.NotContain("ETag")
                    .And.NotContain("chunked")
                    .And.MatchRegex("Content-Length: [0-9]{2,}");
        }
    }

    [Theory]
    [InlineData("Content-Length: 5\r\n\r\nhello")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    public async Task Content_where_none_is_allowed_is_an_invalid_response(string rest)
    {
        _backend.RespondWith($"HTTP/1.1 205 Reset Content\r\n{rest}");

        for (var i = 0; i < 3; i++)
        {
            using var client = await _router.ConnectAsync();
            await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\nConnection: close\r\n\r\n");
            (await client.ReadToEndAsync()).Text.Should().NotContain("hello").And.NotContain(" 500 ");
        }
    }

    [Fact]
    public async Task A_trailer_section_without_an_end_cannot_fill_the_memory()
    {
        _backend.RespondWith(async connection =>
        {
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n");
            var line = "X-More: " + new string('a', 1000) + "\r\n";
            for (var i = 0; i < 10_000; i++)
                await connection.WriteAsync(line);
            await connection.WriteAsync("\r\n");
        });
        using var client = await _router.ConnectAsync();

        await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");

        (await client.ReadToEndAsync()).Text.Should().NotContain("0\r\n\r\n");
    }
}
