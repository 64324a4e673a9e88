namespace Router.Tests;

public sealed class ForwardedHeadersTests(PlainSite site) : IClassFixture<PlainSite>
{
    private readonly RunningRouter _router = site.Router;
    private readonly RecordingBackend _backend = site.Backend.Forget();

    [Fact]
    public async Task Host_becomes_the_backends_and_X_Forwarded_Host_has_the_clients()
    {
        await _router.SendRawAsync("GET / HTTP/1.1\r\nHost: WWW.example.org:8443\r\n\r\n");

        var request = _backend.OnlyRequest;
        request.Values("Host").Should().Equal(_backend.Authority);
        request.Values("X-Forwarded-Host").Should().Equal("WWW.example.org:8443");
        request.Values("X-Forwarded-Proto").Should().Equal("http");
    }

    [Theory]
    [InlineData("", "127.0.0.1")]
    [InlineData("X-Forwarded-For: 203.0.113.7\r\n", "203.0.113.7, 127.0.0.1")]
    [InlineData("X-Forwarded-For: 203.0.113.7, 198.51.100.2\r\n", "203.0.113.7, 198.51.100.2, 127.0.0.1")]
    [InlineData("X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-For: 198.51.100.2\r\n", "203.0.113.7,198.51.100.2, 127.0.0.1")]
    public async Task The_peers_address_is_appended_to_those_that_a_trusted_proxy_names(string sent, string expected)
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend).Set("TrustedProxies", "127.0.0.1"));

        await router.SendRawAsync($"GET / HTTP/1.1\r\nHost: www.example.org\r\n{sent}\r\n");

        var value = (await backend.RequestAsync()).Values("X-Forwarded-For").Should().ContainSingle().Subject;
        value.Split(',').Select(address => address.Trim()).Should().Equal(expected.Split(',').Select(address => address.Trim()));
    }

    [Fact]
    public async Task A_socket_for_both_versions_knows_an_IPv4_client_by_its_own_address()
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var router = await RunningRouter.StartAsync(
            SiteFile
                .Of("www.*", backend)
                .Beside("Kestrel:Endpoints:both:Url", "http://[::]:0")
                .AllowList("v4", "127.0.0.1")
                .Path("www.*", "/v4/", allowList: "v4")
        );

        var reply = await router.SendRawAsync("GET /v4/ HTTP/1.1\r\nHost: www.example.org\r\n\r\n");

        reply.Status.Should().Be(200);
        (await backend.RequestAsync()).Values("X-Forwarded-For").Should().Equal("127.0.0.1");
        (await router.AccessLog.NextAsync())["remoteHost"]!.GetValue<string>().Should().Be("127.0.0.1");
    }

    [Fact]
    public async Task The_clients_own_scheme_and_host_headers_are_replaced()
    {
        await _router.SendRawAsync(
            "GET / HTTP/1.1\r\nHost: www.example.org\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\n\r\n"
        );

        var request = _backend.OnlyRequest;
        request.Values("X-Forwarded-Proto").Should().Equal("http");
        request.Values("X-Forwarded-Host").Should().Equal("www.example.org");
    }
}
