namespace Router.Tests.Forwarding;

/// <summary>Responses that break a rule of RFC 9112 but have one reading only, and responses whose status rules out a body.</summary>
public sealed class UnusualResponseTests(PlainSite site) : IClassFixture<PlainSite>
{
    private readonly RunningRouter _router = site.Router;
    private readonly RecordingBackend _backend = site.Backend.Forget();

    [Theory]
    [InlineData("HTTP/1.1 200 OK\nX: a\nContent-Length: 2\n\nok", true)]
    [InlineData("HTTP/1.1 200 OK\nX: a\nContent-Length: 11\n\nok\r\n\r\n\n\nok.", true, "ok\r\n\r\n\n\nok.")]
    [InlineData("HTTP/1.1 200 OK\nX: a\nTransfer-Encoding: chunked\n\n2\r\nok\r\n0\r\n\r\n", true)]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", true)]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\r\nContent-Length: 2, 2 ,2\r\n\r\nok", true)]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\r\nContent-Length: 2,2\r\nContent-Length: 2\r\n\r\nok", true)]
    [InlineData("HTTP/1.1 200 OK\r\nX : a\r\nContent-Length\t: 2\r\n\r\nok", true)]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\r\nTransfer-Encoding : chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", true)]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\r\nTransfer-Encoding: chunked\r\n\r\n2  \r\nok\r\n0 \t\r\n\r\n", true)]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum : 2\r\n\r\n", true)]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\r\nTransfer-Encoding: Identity\r\n\r\nok", false)]
    public async Task An_unambiguous_response_is_forwarded_in_the_standards_form(string response, bool keeps, string body = "ok")
    {
        var connections = new List<RawConnection>();
        _backend.RespondWith(async connection =>
        {
            connections.Add(connection);
            await connection.WriteAsync(response);
            if (!keeps)
                connection.FinishWriting();
        });
        using var client = await _router.ConnectAsync();

        for (var i = 0; i < 3; i++)
        {
            await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
            var reply = (await client.ReadMessageAsync())!;

            (reply.Status, reply.Body).Should().Be((200, body));
            reply.Head.Should().Contain("\r\nX: a\r\n");
            var isChunked = reply.Values("Transfer-Encoding").Count == 1;
            reply.Values("Content-Length").Should().Equal(isChunked ? [] : [$"{body.Length}"]);
        }

        connections.Should().HaveCount(3);
        connections.Distinct().Should().HaveCount(keeps ? 1 : 3);
    }

    [Fact]
    public async Task A_length_that_was_repeated_before_is_compared_again_with_the_one_above_it()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        using var client = await router.ConnectAsync();
        RawConnection? connection = null;
        (string Lengths, string Status)[] responses =
        [
            ("Content-Length: 2\r\nContent-Length: 2", "200"),
            ("Xontent-Length: 2\r\nContent-Length: 2", "200"),
            ("Content-Length: 2\r\nContent-Length: 2", "200"),
            ("Content-Length: 3\r\nContent-Length: 2", "502"),
        ];

        foreach (var (lengths, status) in responses)
        {
            await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
            connection ??= await backend.AcceptAsync();
            await connection.ReadMessageAsync();
            await connection.WriteAsync($"HTTP/1.1 200 OK\r\n{lengths}\r\n\r\nok");
            var reply = (await client.ReadMessageAsync())!;

            reply.FirstLine.Should().StartWith($"HTTP/1.1 {status} ");
            reply.Values("Content-Length").Should().ContainSingle();
        }
    }

    [Theory]
    [InlineData("204 No Content", "Content-Length: 0", null, true)]
    [InlineData("204 No Content", "Content-Length: 5", null, false)]
    [InlineData("204 No Content", "Transfer-Encoding: chunked", null, false)]
    [InlineData("204 No Content", "X: a", null, true)]
    [InlineData("205 Reset Content", "X: a", "0", false)]
    [InlineData("205 Reset Content", "Content-Length: 0", "0", true)]
    [InlineData("205 Reset Content", "Transfer-Encoding: chunked", "0", false)]
    [InlineData("304 Not Modified", "Content-Length: 5", "5", true)]
    [InlineData("304 Not Modified", "Transfer-Encoding: chunked", null, true)]
    public async Task A_status_without_content_has_the_length_that_belongs_to_it(string status, string header, string? length, bool keeps)
    {
        var connections = new List<RawConnection>();
        _backend.RespondWith(connection =>
        {
            connections.Add(connection);
            return connection.WriteAsync($"HTTP/1.1 {status}\r\n{header}\r\n\r\n");
        });
        using var client = await _router.ConnectAsync();

        for (var i = 0; i < 3; i++)
        {
            await client.WriteAsync("POST / HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 0\r\n\r\n");
            var reply = (await client.ReadMessageAsync(hasBody: false))!;

            reply.FirstLine.Should().Be($"HTTP/1.1 {status}");
            reply.Value("Content-Length").Should().Be(length);
            reply.Values("Transfer-Encoding").Should().BeEmpty();
        }

        connections.Should().HaveCount(3);
        connections
            .Distinct()
            .Should()
            .HaveCount(keeps ? 1 : 3, "what may follow a response without content must not be taken for the next response");
        _router.Log.Errors().Should().BeEmpty();
    }

    [Fact]
    public async Task The_body_of_a_response_that_can_have_none_never_becomes_the_next_response()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        using var client = await router.ConnectAsync();
        await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        using var first = await backend.AcceptAsync();
        await first.ReadMessageAsync();
        await first.WriteAsync("HTTP/1.1 204 No Content\r\nContent-Length: 38\r\n\r\n");
        (await client.ReadMessageAsync())!.Status.Should().Be(204);

        await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        using var second = await backend.AcceptAsync();
        await second.ReadMessageAsync();
        await second.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

        (await client.ReadMessageAsync())!.Body.Should().Be("ok");
    }

    [Theory]
    [InlineData("204", 0x89, false, null)]
    [InlineData("204", 0x89, true, null)]
    [InlineData("304", 0x8b, false, "5")]
    [InlineData("304", 0x8b, true, "5")]
    public async Task A_status_without_content_has_none_from_an_HTTP2_backend_either(
        string status,
        byte code,
        bool hasContent,
        string? length
    )
    {
        await using var backend = RawBackend.Start(async connection =>
        {
            await connection.ReadExactlyAsync(24);
            await connection.WriteAsync(Http2Frames.Frame(4, 0, 0, []));
            string frame;
            do
            {
                frame = await connection.ReadExactlyAsync(9);
                await connection.ReadExactlyAsync((frame[0] << 16) | (frame[1] << 8) | frame[2]);
            } while (frame[3] != 1);
            byte[] header = [code, .. Http2Frames.Headers(1, false, ("content-length", "5"))[9..]];
            await connection.WriteAsync(Http2Frames.Frame(1, (byte)(hasContent ? 4 : 5), 1, header));
            if (hasContent)
                await connection.WriteAsync(Http2Frames.Data(1, true, "hello"));
            await connection.ReadToEndAsync();
        });
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend).Set("Backends:www:Http2", "true"));

        var reply = await router.SendRawAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n", hasBody: false);

        reply.FirstLine.Should().StartWith($"HTTP/1.1 {(hasContent ? "502" : status)} ");
        if (hasContent)
            (await router.Log.NextAsync("cannot be forwarded")).Should().Contain("RFC 9110 section 15");
        else
            reply.Value("Content-Length").Should().Be(length);
        router.Log.Errors().Should().BeEmpty();
    }

    [Theory]
    [InlineData("Content-Length: 2\r\nContent-Length: 3\r\n\r\nok", "RFC 9112 section 6.3")]
    [InlineData("Content-Length: +2\r\n\r\nok", "RFC 9110 section 8.6")]
    [InlineData("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", "RFC 9112 section 6.3")]
    [InlineData("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "RFC 9112 section 6.1")]
    [InlineData("Transfer-Encoding: gzip, chunked\r\n\r\n", "RFC 9112 section 7.4")]
    [InlineData("X[1]: a\r\n\r\n", "RFC 9110 section 5.1", "X[1]")]
    [InlineData("X-Name: a\u0001\r\n\r\n", "RFC 9110 section 5.5", "X-Name")]
    [InlineData("X: a\nContent-Length: 0\r\n\r\n", "RFC 9112 section 2.2")]
    [InlineData("X: a\r\n b\r\n\r\n", "RFC 9112 section 5.2")]
    [InlineData("no colon\r\n\r\n", "RFC 9112 section 5")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n 2\r\nok\r\n0\r\n\r\n", "RFC 9112 section 7.1")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n2\nok\r\n0\r\n\r\n", "RFC 9112 section 7.1")]
    public async Task The_log_says_which_rule_a_response_broke(string rest, string section, string detail = "Backend www")
    {
        _backend.RespondWith($"HTTP/1.1 200 OK\r\n{rest}");

        using var client = await _router.ConnectAsync();
        await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\nConnection: close\r\n\r\n");
        await client.ReadToEndAsync();

        (await _router.Log.NextAsync("cannot be forwarded"))
            .Should()
            .StartWith("Warning: Backend www sent a response")
            .And.Contain($"({section}")
            .And.Contain(detail);
    }
}
