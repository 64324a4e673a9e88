namespace Router.Tests.Forwarding;

/// <summary>From HTTP/2 to HTTP/1.1: the promise is that the backend sees nothing, or one plain request.</summary>
public sealed class Http2SmugglingTests(Http2SmugglingTests.Site site) : IClassFixture<Http2SmugglingTests.Site>
{
    private const string Second = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

    private readonly RecordingBackend _backend = site.Backend.Forget();

    // Of this case: one of the case before may still be on its way to the backend when the client's connection has ended.
    private readonly string _last = $"/last-{Guid.NewGuid():N}";

    public static TheoryData<string, string, string> Refused =>
        new()
        {
            // a header, its value, the body
            { "x-a", "b\r\nTransfer-Encoding: chunked", "" },
            { "x-a", "b\nx-c: d", "" },
            { "x-a", "b\rc", "" },
            { "x-a", "b\0c", "" },
            { "x-a\r\ntransfer-encoding", "chunked", "" },
            { "x-a: b\r\nx-c", "d", "" },
            { "x a", "b", "" },
            { "X-Upper", "b", "" },
            { "connection", "x-a", "" },
            { "transfer-encoding", "chunked", "0\r\n\r\n" + Second },
            { "te", "gzip", "" },
            { "content-length", "3", "hello" },
            { "content-length", "9", "hello" },
            { "content-length", "5, 5", "hello" },
            { "host", "other.example.org\r\nX-A: b", "" },
            { ":path", "/second", "" },
            { ":odd", "x", "" },
            { "", "x", "" },
        };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_is_ambiguous_in_HTTP1_never_reaches_a_backend(string name, string value, string body)
    {
        using var client = await site.Router.ConnectAsync();

        await SendAsync(
            client,
            Http2Frames.Headers(
                1,
                body is "",
                (":method", "POST"),
                (":scheme", "http"),
                (":authority", "www.example.org"),
                (":path", "/first"),
                (name, value)
            ),
            body is "" ? [] : Http2Frames.Data(1, true, body)
        );
        await UntilLastOrEndAsync(client, _backend);

        _backend.Requests.Select(request => request.Target).Should().NotContain(target => !IsLast(target));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nX: y", "/")]
    [InlineData("GET ", "/")]
    [InlineData("GET", "/ HTTP/1.1\r\nX: y\r\n\r\n")]
    [InlineData("GET", "/a b")]
    [InlineData("GET", "")]
    [InlineData("GET", "x")]
    [InlineData("GET", "http://other.example.org/")]
    [InlineData("GET", "/\u00e9")]
    [InlineData("GET", "/a#b")]
    [InlineData("CONNECT", "/")]
    public async Task Invalid_methods_and_paths_reach_no_backend(string method, string path)
    {
        using var client = await site.Router.ConnectAsync();

        await SendAsync(
            client,
            Http2Frames.Headers(1, true, (":method", method), (":scheme", "http"), (":authority", "www.example.org"), (":path", path))
        );
        await UntilLastOrEndAsync(client, _backend);

        _backend.Requests.Should().NotContain(request => request.Method != "GET" || !IsLast(request.Target));
        _backend.Requests.Select(request => request.Head).Should().NotContain(head => head.Contains("X: y", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("x-forwarded-host:evil.test")]
    [InlineData("x-forwarded-for : 6.6.6.6")]
    [InlineData("x-forwarded-for:")]
    [InlineData("x-forwarded-a b")]
    [InlineData("x_forwarded_(x)")]
    [InlineData("forwarded ")]
    [InlineData("x-real-ip:")]
    [InlineData("x-b3-sampled:")]
    public async Task An_invalid_name_from_a_trusted_proxy_reaches_no_backend(string name)
    {
        using var client = await site.Trusting.ConnectAsync();

        await SendAsync(
            client,
            Http2Frames.Headers(
                1,
                true,
                (":method", "GET"),
                (":scheme", "http"),
                (":authority", "www.example.org"),
                (":path", "/first"),
                (name, "v")
            )
        );
        await UntilLastOrEndAsync(client, _backend);

        _backend.Requests.Select(request => request.Target).Should().NotContain(target => !IsLast(target));
    }

    [Theory]
    [InlineData("x-a", "evil\r\nX-B: c")]
    [InlineData("x-a", "evil\r\n\r\n" + Second)]
    [InlineData("x-a", "evil\nX-B: c")]
    [InlineData("x-a", "evil\0")]
    [InlineData("x-a: b\r\nx-b", "c")]
    [InlineData("authorization ", "me")]
    [InlineData("x-forwarded-for: 6.6.6.6", "c")]
    public async Task A_trailer_with_a_line_break_ends_the_request_and_never_becomes_two(string name, string value)
    {
        using var client = await site.Router.ConnectAsync();

        await SendAsync(
            client,
            Http2Frames.Headers(
                1,
                false,
                (":method", "POST"),
                (":scheme", "http"),
                (":authority", "www.example.org"),
                (":path", "/first"),
                ("trailer", "x-a")
            ),
            Http2Frames.Data(1, false, "hello"),
            Http2Frames.Headers(1, true, (name, value))
        );
        await UntilLastOrEndAsync(client, _backend);

        _backend.Requests.Select(request => request.Target).Should().NotContain(target => !IsLast(target));
    }

    [Fact]
    public async Task The_authority_is_the_host_even_if_a_Host_header_differs()
    {
        await using var backend = new RecordingBackend();
        await using var secret = new RecordingBackend();
        await using var router = await ListeningRouter.StartAsync(
            SiteFile.Of("www.*", backend.Address).Frontend("secret", secret.Address).Host("secret.*", "secret"),
            "Http2"
        );
        using var client = await router.ConnectAsync();

        await client.WriteAsync(Http2Frames.Preface);
        await client.WriteAsync(
            Http2Frames.Headers(
                1,
                true,
                (":method", "GET"),
                (":scheme", "http"),
                (":authority", "www.example.org"),
                (":path", _last),
                ("host", "secret.example.org")
            )
        );
        await UntilLastOrEndAsync(client, backend);

        secret.Connections.Should().Be(0);
        foreach (var request in backend.Requests)
        {
            request.Values("Host").Should().ContainSingle();
            request.Values("X-Forwarded-Host").Should().Equal("www.example.org");
        }
    }

    [Theory]
    [InlineData("keep-alive", "1")]
    [InlineData("proxy-connection", "1")]
    [InlineData("upgrade", "websocket")]
    [InlineData("http2-settings", "AAMAAABk")]
    public async Task Headers_of_a_connection_are_not_forwarded(string name, string value)
    {
        using var client = await site.Router.ConnectAsync();

        await client.WriteAsync(Http2Frames.Preface);
        await client.WriteAsync(
            Http2Frames.Headers(
                1,
                true,
                (":method", "GET"),
                (":scheme", "http"),
                (":authority", "www.example.org"),
                (":path", _last),
                (name, value)
            )
        );
        await UntilLastOrEndAsync(client, _backend);

        _backend.Requests.SelectMany(request => request.Values(name)).Should().BeEmpty();
    }

    [Fact]
    public async Task Cookies_that_HTTP2_has_split_are_forwarded_as_one_header()
    {
        using var client = await site.Router.ConnectAsync();

        await client.WriteAsync(Http2Frames.Preface);
        await client.WriteAsync(
            Http2Frames.Headers(
                1,
                true,
                (":method", "GET"),
                (":scheme", "http"),
                (":authority", "www.example.org"),
                (":path", _last),
                ("cookie", "a=b"),
                ("cookie", "c=d")
            )
        );
        await UntilLastOrEndAsync(client, _backend);

        _backend.Requests.Should().ContainSingle(request => request.Target == _last).Which.Values("Cookie").Should().Equal("a=b; c=d");
    }

    private static bool IsLast(string target) => target.StartsWith("/last-", StringComparison.Ordinal);

    // After them comes a plain request: when it has its response, or the connection has ended, they are over. All of it is one write: after
    // the first of two, the connection may have ended.
    private Task SendAsync(RawConnection client, params byte[][] frames)
    {
        var last = Http2Frames.Headers(
            3,
            true,
            (":method", "GET"),
            (":scheme", "http"),
            (":authority", "www.example.org"),
            (":path", _last)
        );
        return client.WriteAsync((byte[])[.. Http2Frames.Preface, .. frames.SelectMany(frame => frame), .. last]);
    }

    private async Task UntilLastOrEndAsync(RawConnection client, RecordingBackend backend)
    {
        // The server's SETTINGS frame is the first that it sends (RFC 9113 section 3.4).
        (await client.ReadExactlyAsync(9))[3]
            .Should()
            .Be('\u0004');
        var ended = client.ReadToEndAsync();
        await Eventually.Async(() => ended.IsCompleted || backend.Requests.Any(request => request.Target == _last));
    }

    /// <summary>One backend behind two Routers that speak HTTP/2: for clients, and for a proxy that is trusted.</summary>
    public sealed class Site : IAsyncLifetime
    {
        internal RecordingBackend Backend { get; } = new();

        internal ListeningRouter Router { get; private set; } = null!;

        internal ListeningRouter Trusting { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Router = await ListeningRouter.StartAsync(SiteFile.Of("*", Backend.Address), "Http2");
            Trusting = await ListeningRouter.StartAsync(SiteFile.Of("*", Backend.Address).Set("TrustedProxies", "127.0.0.1"), "Http2");
        }

        public async Task DisposeAsync()
        {
            await Router.DisposeAsync();
            await Trusting.DisposeAsync();
            await Backend.DisposeAsync();
        }
    }
}
