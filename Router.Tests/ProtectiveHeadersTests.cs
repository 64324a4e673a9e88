namespace Router.Tests;

/// <summary>The headers that keep a browser from misusing Router's own responses.</summary>
public sealed class ProtectiveHeadersTests(ProtectiveHeadersTests.Recovery site) : IClassFixture<ProtectiveHeadersTests.Recovery>
{
    [Theory]
    [InlineData("www.example.org", "/", 503)]
    [InlineData("www.example.org", "/robots.txt", 200)]
    [InlineData("www.example.org", "/style.css", 503)]
    [InlineData("www.example.org", "/private", 403)]
    [InlineData("www.example.org", "/_bypass", 200)]
    [InlineData("api.example.org", "/", 502)]
    [InlineData("other.example.org", "/", 503)]
    [InlineData("localhost", "/_status", 200)]
    [InlineData("localhost", "/_metrics", 200)]
    [InlineData("localhost", "/_status?ignore-dependencies", 200)]
    public async Task Every_response_of_Routers_own_has_them(string host, string path, int status)
    {
        var reply = await site.Router.GetAsync($"http://{host}{path}");

        reply.Status.Should().Be(status);
        reply.Value("X-Content-Type-Options").Should().Be("nosniff");
        reply.Value("X-Frame-Options").Should().Be(path is "/_bypass" ? "DENY" : "SAMEORIGIN");
    }

    [Theory]
    [InlineData("other.example.org", "/")]
    [InlineData("www.example.org", "/_bypass")]
    public async Task Pages_that_need_nothing_from_elsewhere_have_a_content_security_policy(string host, string path)
    {
        (await site.Router.GetAsync($"http://{host}{path}"))
            .Value("Content-Security-Policy")
            .Should()
            .StartWith("default-src 'none'; style-src 'unsafe-inline'")
            .And.Contain("frame-ancestors");
    }

    [Fact]
    public async Task A_routes_rule_replaces_them_and_a_backends_response_has_none()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        var site = SiteFile
            .Of("www.*", backend.Address)
            .Set("ResponseHeaders:own:Add:X-Frame-Options", "DENY")
            .Set("ResponseHeaders:own:OnStatus", "503")
            .Set("Hosts:www.*:ResponseHeaders", "own");
        await using (var open = await RunningRouter.StartAsync(site))
        {
            var reply = await open.GetAsync("http://www.example.org/");
            (reply.Status, reply.Values("X-Frame-Options"), reply.Values("X-Content-Type-Options"))
                .Should()
                .BeEquivalentTo((200, Array.Empty<string>(), Array.Empty<string>()));
        }

        await using var closed = await RunningRouter.StartAsync(site.Mode("maintenance"));
        (await closed.GetAsync("http://www.example.org/")).Values("X-Frame-Options").Should().Equal("DENY");
    }

    /// <summary>One site for all cases, with a bypass: none of them changes it.</summary>
    public sealed class Recovery : IAsyncLifetime
    {
        internal RunningRouter Router { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            var site = new SiteFile()
                .Frontend("www", "http://127.0.0.1:1")
                .Host("www.*", "www")
                .Path("www.*", "/private")
                .Set("Hosts:www.*:Paths:/private:AllowList", "nobody")
                .Set("AllowLists:nobody", "192.0.2.1")
                .Api("api", "http://127.0.0.1:1")
                .Host("api.*", "api");
            Router = await RunningRouter.StartAsync(OperatorClient.With(site).Mode("recovery"));
            using var operators = new OperatorClient(Router);
            (await operators.SendAsync("POST", "/bypass", "{}")).Status.Should().Be(201);
        }

        public async Task DisposeAsync() => await Router.DisposeAsync();
    }
}
