namespace Router.Tests.Forwarding;

public sealed class TrailerTests(PlainRawSite site) : IClassFixture<PlainRawSite>
{
    [Fact]
    public async Task A_clients_trailers_reach_the_backend_except_those_that_arrive_too_late_to_be_checked()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(
            SiteFile
                .Of("www.*", backend)
                .Set("RequestHeaders:Remove", "X-Secret")
                .AllowList("developers", "203.0.113.0/24")
                .Set("RequestHeaders:SamplingTrust", "developers")
        );
        using var client = await router.ConnectAsync();

        await client.WriteAsync(
            "POST / HTTP/1.1\r\nHost: www.example.org\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n"
                + "X-Sum: caf\u00e9\r\nX-More: 1\r\nX-More: 2\r\nContent-Length: 9\r\nTransfer-Encoding: x\r\nHost: other\r\n"
                + "Authorization: me\r\n"
                + "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Port: 1\r\nForwarded: for=1\r\nX-Real-IP: 1.2.3.4\r\nX_Forwarded_For: 1\r\n"
                + "X-Original-URL: /admin\r\n"
                + "X-Secret: 1\r\nX_Secret: 1\r\nX-B3-Flags: 1\r\n\r\n"
        );
        using var connection = await backend.AcceptAsync();
        (await connection.ReadHeadAsync()).Should().Contain("Trailer: X-Sum\r\n");
        var trailers = (await connection.ReadThroughAsync("\r\n\r\n")).Split("\r\n");

        trailers.Should().Equal("2", "ok", "0", "X-Sum: caf\u00e9", "X-More: 1", "X-More: 2", "", "");
    }

    [Theory]
    [InlineData("X-Sum: a\u0001b")]
    [InlineData("X-Sum: a\u007f")]
    [InlineData("X(Sum): a")]
    public async Task An_invalid_trailer_is_a_client_error_and_is_reported_immediately(string trailer)
    {
        var (router, backend) = (site.Router, site.Backend);
        using var client = await router.ConnectAsync();

        await client.WriteAsync(
            $"POST / HTTP/1.1\r\nHost: www.example.org\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n{trailer}\r\n\r\n"
        );
        using var connection = await backend.AcceptAsync();

        (await client.ReadHeadAsync()).Should().StartWith("HTTP/1.1 400 ");
        (await connection.ReadToEndAsync()).Text.Should().EndWith("2\r\nok\r\n", "the request is not complete");
        router.Site.Backends[0].LastSeen?.Failure.Should().BeNull("the backend has done nothing wrong");
    }

    [Fact]
    public async Task Trailers_that_the_backend_has_not_announced_reach_a_client_that_says_it_accepts_them()
    {
        await using var backend = RawBackend.Responding(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 2\r\n\r\n"
        );
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        using var client = await router.ConnectAsync();

        await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\nTE: trailers\r\n\r\n");

        await client.ReadHeadAsync();
        (await client.ReadThroughAsync("X-Sum: 2\r\n\r\n")).Should().EndWith("ok\r\n0\r\nX-Sum: 2\r\n\r\n");
    }

    [Fact]
    public async Task A_backends_trailers_reach_the_client()
    {
        await using var backend = RawBackend.Start(async connection =>
        {
            while (await connection.ReadMessageAsync() is not null)
            {
                await connection.WriteAsync(
                    "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n3\r\n!!!\r\n0\r\n"
                        + "X-Sum: caf\u00e9\r\nX-Sum: 2\r\nSet-Cookie: a=b\r\nContent-Length: 7\r\n\r\n"
                );
            }
        });
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        using var client = await router.ConnectAsync();

        for (var i = 0; i < 2; i++)
        {
            await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\nTE: trailers\r\n\r\n");
            (await client.ReadHeadAsync()).Should().Contain("Trailer: X-Sum\r\n").And.Contain("Transfer-Encoding: chunked\r\n");
            (await client.ReadThroughAsync("0\r\n")).Should().EndWith("0\r\n");
            (await client.ReadHeadAsync()).Should().Be("X-Sum: caf\u00e9\r\nX-Sum: 2\r\n\r\n");
        }

        backend.Connections.Should().Be(1);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Trailers_of_a_response_have_no_framing_routing_authentication_or_connection_headers_over_either_protocol(
        bool backendHttp2,
        bool clientHttp2
    )
    {
        string[] late =
        [
            "content-length",
            "trailer",
            "host",
            "connection",
            "keep-alive",
            "proxy-connection",
            "upgrade",
            "proxy-authenticate",
            "authorization",
            "cookie",
            "set-cookie",
            "www-authenticate",
            "forwarded",
            "x-forwarded-for",
            "x_forwarded_host",
            "content-type",
            "content-encoding",
            "cache-control",
            "location",
            "content_length",
            "vary",
            "date",
        ];
        await using var backend = RawBackend.Start(backendHttp2 ? ServeHttp2Async : ServeHttp1Async);
        await using var router = await ListeningRouter.StartAsync(
            SiteFile.Of("*", backend).Set("Backends:www:Http2", backendHttp2 ? "true" : "false"),
            clientHttp2 ? "Http2" : "Http1"
        );
        using var client = await router.ConnectAsync();

        if (clientHttp2)
        {
            byte[] request =
            [
                .. Http2Frames.Preface,
                .. Http2Frames.Headers(
                    1,
                    true,
                    (":method", "GET"),
                    (":scheme", "http"),
                    (":authority", "www.example.org"),
                    (":path", "/"),
                    ("te", "trailers")
                ),
            ];
            await client.WriteAsync(request);
        }
        else
        {
            await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\nTE: trailers\r\n\r\n");
        }

        var received = await client.ReadThroughAsync("the last one");
        received[received.IndexOf("ok", StringComparison.Ordinal)..].Should().Contain("x-first").And.NotContain("late value");

        async Task ServeHttp1Async(RawConnection connection)
        {
            await connection.ReadMessageAsync();
            await connection.WriteAsync(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-first: 1\r\n"
                    + string.Concat(late.Select(name => $"{name}: late value\r\n"))
                    + "x-last: the last one\r\n\r\n"
            );
        }

        async Task ServeHttp2Async(RawConnection connection)
        {
            await connection.ReadExactlyAsync(24);
            await connection.WriteAsync(Http2Frames.Frame(4, 0, 0, []));
            string frame;
            do
            {
                frame = await connection.ReadExactlyAsync(9);
                await connection.ReadExactlyAsync((frame[0] << 16) | (frame[1] << 8) | frame[2]);
            } while (frame[3] != 1);
            await connection.WriteAsync(Http2Frames.Headers(1, false, (":status", "200")));
            await connection.WriteAsync(Http2Frames.Data(1, false, "ok"));
            // HTTP/2 has no headers of the connection (RFC 9113 section 8.2.2).
            var trailers = late.Except(["connection", "keep-alive", "proxy-connection", "upgrade"]).Select(name => (name, "late value"));
            await connection.WriteAsync(Http2Frames.Headers(1, true, [("x-first", "1"), .. trailers, ("x-last", "the last one")]));
            await connection.ReadToEndAsync();
        }
    }

    [Fact]
    public async Task An_announced_trailer_that_never_comes_is_no_error()
    {
        await using var backend = RawBackend.Responding(
            "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
        );
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));

        (await router.GetAsync("http://www.example.org/")).Body.Should().Be("ok");
    }
}
