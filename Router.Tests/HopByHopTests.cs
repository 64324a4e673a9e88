namespace Router.Tests;

public sealed class HopByHopTests(PlainSite site) : IClassFixture<PlainSite>
{
    private const string Headers =
        "Connection: keep-alive, X-Private, x-OTHER\r\nKeep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\n"
        + "Proxy-Authenticate: Basic\r\n"
        + "Proxy-Authorization: Basic eDp5\r\nTE: gzip\r\nTrailer: X-Sum\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
        + "X-Private: secret\r\nX-Other: secret\r\nX-Passes: yes\r\n";

    private static readonly string[] MustStop =
    [
        "Keep-Alive",
        "Proxy-Connection",
        "Proxy-Authenticate",
        "Proxy-Authorization",
        "TE",
        "Upgrade",
        "HTTP2-Settings",
        "X-Private",
        "X-Other",
    ];

    private readonly RunningRouter _router = site.Router;
    private readonly RecordingBackend _backend = site.Backend.Forget();

    [Theory]
    [InlineData("X-Private, X-Other")]
    [InlineData("keep-alive, X-Private, x-OTHER")]
    [InlineData("X-Private,close , X-Other")]
    [InlineData("keep-alive, close, X-Private, X-Other")]
    [InlineData("Upgrade, X-Private, X-Other")]
    [InlineData("keep-alive, Upgrade,X-Private,\tX-Other")]
    [InlineData("X-Private\r\nConnection: X-Other")]
    [InlineData("close, X-Private\r\nConnection: X-Other")]
    public async Task Headers_that_Connection_names_are_not_forwarded(string options)
    {
        await _router.SendRawAsync(
            $"GET / HTTP/1.1\r\nHost: www.example.org\r\nConnection: {options}\r\nX-Private: a\r\nX-Other: b\r\nX-Passes: yes\r\n\r\n"
        );

        var names = _backend.OnlyRequest.Headers.Select(header => header.Name);
        names.Should().Contain("X-Passes").And.NotContain("X-Private").And.NotContain("X-Other");
    }

    [Theory]
    [InlineData("HTTP/1.1", "X-Private", true)]
    [InlineData("HTTP/1.1", "keep-alive, X-Private", true)]
    [InlineData("HTTP/1.1", "close, X-Private", false)]
    [InlineData("HTTP/1.1", "close", false)]
    [InlineData("HTTP/1.0", "keep-alive", true)]
    [InlineData("HTTP/1.0", "X-Private", false)]
    public async Task The_clients_connection_is_kept_or_closed_as_it_requested(string version, string options, bool stays)
    {
        using var client = await _router.ConnectAsync();

        await client.WriteAsync($"GET / {version}\r\nHost: www.example.org\r\nConnection: {options}\r\n\r\n");
        (await client.ReadMessageAsync())!.Body.Should().Be("ok");

        if (stays)
        {
            await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
            (await client.ReadMessageAsync())!.Body.Should().Be("ok");
        }
        else
        {
            (await client.ReadToEndAsync()).Text.Should().BeEmpty();
        }
    }

    [Fact]
    public async Task The_clients_hop_by_hop_headers_are_not_forwarded()
    {
        await _router.SendRawAsync($"GET / HTTP/1.1\r\nHost: www.example.org\r\n{Headers}\r\n");

        var request = _backend.OnlyRequest;
        request.Headers.Select(header => header.Name).Should().NotIntersectWith(MustStop);
        request.Values("Connection").Should().BeEmpty();
        request.Value("X-Passes").Should().Be("yes");
    }

    [Fact]
    public async Task The_backends_hop_by_hop_headers_are_not_forwarded()
    {
        _backend.RespondWith($"HTTP/1.1 200 OK\r\n{Headers}Content-Length: 5\r\n\r\nhello");

        var reply = await _router.SendRawAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");

        reply.Headers.Select(header => header.Name).Should().NotIntersectWith(MustStop).And.NotContain("Connection");
        reply.Value("X-Passes").Should().Be("yes");
        reply.Body.Should().Be("hello");
    }

    [Fact]
    public async Task A_backend_that_closes_its_connection_does_not_close_the_clients()
    {
        await using var backend = RawBackend.Start(async connection =>
        {
            await connection.ReadMessageAsync();
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
            connection.Dispose();
        });
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        using var client = await router.ConnectAsync();

        for (var i = 0; i < 3; i++)
        {
            await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
            (await client.ReadMessageAsync())!.Body.Should().Be("ok");
        }

        backend.Connections.Should().Be(3);
    }

    [Fact]
    public async Task A_client_that_understands_trailers_may_say_so()
    {
        await _router.SendRawAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\nConnection: TE\r\nTE: trailers, gzip\r\n\r\n");

        _backend.OnlyRequest.Value("TE").Should().Be("trailers");
    }
}
