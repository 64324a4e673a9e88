using System.Text;

namespace Router.Tests.Forwarding;

/// <summary>From HTTP/2 to HTTP/1.1: the promise is that the backend sees nothing, or one plain request.</summary>
public sealed class Http2SmugglingTests
{
    private const string Second = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

    public static TheoryData<string, string, string> Refused =>
        new()
        {
            // a field, its value, the body
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
        await using var backend = new RecordingBackend();
        await using var router = await ListeningRouter.StartAsync(SiteFile.Of("*", backend.Address), "Http2");
        using var client = await router.ConnectAsync();

        await client.WriteAsync(Http2Frames.Preface);
        await client.WriteAsync(
            Http2Frames.Headers(
                1,
                body is "",
                (":method", "POST"),
                (":scheme", "http"),
                (":authority", "www.example.org"),
                (":path", "/first"),
                (name, value)
            )
        );
        if (body is not "")
            await client.WriteAsync(Http2Frames.Data(1, true, body));
        // A second, plain one: when it is answered, or the connection has ended, the first is over.
        await client.WriteAsync(
            Http2Frames.Headers(3, true, (":method", "GET"), (":scheme", "http"), (":authority", "www.example.org"), (":path", "/last"))
        );
        await UntilLastOrEndAsync(client, backend);

        backend.Requests.Select(request => request.Target).Should().NotContain(target => target != "/last");
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
        await using var backend = new RecordingBackend();
        await using var router = await ListeningRouter.StartAsync(SiteFile.Of("*", backend.Address), "Http2");
        using var client = await router.ConnectAsync();

        await client.WriteAsync(Http2Frames.Preface);
        await client.WriteAsync(
            Http2Frames.Headers(1, true, (":method", method), (":scheme", "http"), (":authority", "www.example.org"), (":path", path))
        );
        await client.WriteAsync(
            Http2Frames.Headers(3, true, (":method", "GET"), (":scheme", "http"), (":authority", "www.example.org"), (":path", "/last"))
        );
        await UntilLastOrEndAsync(client, backend);

        backend
            .Requests.Select(request => request.FirstLine)
            .Should()
            .NotContain(line => line != "GET / HTTP/1.1" && line != "GET /last HTTP/1.1");
        backend.Requests.Select(request => request.Head).Should().NotContain(head => head.Contains("X: y", StringComparison.Ordinal));
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
        await using var backend = new RecordingBackend();
        await using var router = await ListeningRouter.StartAsync(
            SiteFile.Of("*", backend.Address).Set("TrustedProxies", "127.0.0.1"),
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
                (":path", "/first"),
                (name, "v")
            )
        );
        await client.WriteAsync(
            Http2Frames.Headers(3, true, (":method", "GET"), (":scheme", "http"), (":authority", "www.example.org"), (":path", "/last"))
        );
        await UntilLastOrEndAsync(client, backend);

        backend.Requests.Select(request => request.Target).Should().NotContain(target => target != "/last");
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
        await using var backend = new RecordingBackend();
        await using var router = await ListeningRouter.StartAsync(SiteFile.Of("*", backend.Address), "Http2");
        using var client = await router.ConnectAsync();

        await client.WriteAsync(Http2Frames.Preface);
        await client.WriteAsync(
            Http2Frames.Headers(
                1,
                false,
                (":method", "POST"),
                (":scheme", "http"),
                (":authority", "www.example.org"),
                (":path", "/first"),
                ("trailer", "x-a")
            )
        );
        await client.WriteAsync(Http2Frames.Data(1, false, "hello"));
        await client.WriteAsync(Http2Frames.Headers(1, true, (name, value)));
        await client.WriteAsync(
            Http2Frames.Headers(3, true, (":method", "GET"), (":scheme", "http"), (":authority", "www.example.org"), (":path", "/last"))
        );
        await UntilLastOrEndAsync(client, backend);

        backend.Requests.Select(request => request.Target).Should().NotContain(target => target != "/last");
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
                (":path", "/last"),
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
        await using var backend = new RecordingBackend();
        await using var router = await ListeningRouter.StartAsync(SiteFile.Of("*", backend.Address), "Http2");
        using var client = await router.ConnectAsync();

        await client.WriteAsync(Http2Frames.Preface);
        await client.WriteAsync(
            Http2Frames.Headers(
                1,
                true,
                (":method", "GET"),
                (":scheme", "http"),
                (":authority", "www.example.org"),
                (":path", "/last"),
                (name, value)
            )
        );
        await UntilLastOrEndAsync(client, backend);

        backend.Requests.SelectMany(request => request.Values(name)).Should().BeEmpty();
    }

    [Fact]
    public async Task Cookies_that_HTTP2_has_split_are_forwarded_as_one_header()
    {
        await using var backend = new RecordingBackend();
        await using var router = await ListeningRouter.StartAsync(SiteFile.Of("*", backend.Address), "Http2");
        using var client = await router.ConnectAsync();

        await client.WriteAsync(Http2Frames.Preface);
        await client.WriteAsync(
            Http2Frames.Headers(
                1,
                true,
                (":method", "GET"),
                (":scheme", "http"),
                (":authority", "www.example.org"),
                (":path", "/last"),
                ("cookie", "a=b"),
                ("cookie", "c=d")
            )
        );
        await UntilLastOrEndAsync(client, backend);

        backend.Requests.Should().ContainSingle().Which.Values("Cookie").Should().Equal("a=b; c=d");
    }

    private static async Task UntilLastOrEndAsync(RawConnection client, RecordingBackend backend)
    {
        var ended = client.ReadToEndAsync();
        await Eventually.Async(() => ended.IsCompleted || backend.Requests.Any(request => request.Target == "/last"));
        Encoding.Latin1.GetByteCount(client.Received).Should().BePositive();
    }
}
