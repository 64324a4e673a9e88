namespace Router.Tests.Forwarding;

public sealed class IdentityHeaderTests(IdentityHeaderTests.ForStaff site) : IClassFixture<IdentityHeaderTests.ForStaff>
{
    private const string Claims =
        "X-Forwarded-For: 198.51.100.1, 203.0.113.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example.org\r\n"
        + "X-Forwarded-Port: 1\r\nX-Forwarded-Prefix: /x\r\n"
        + "Forwarded: for=198.51.100.1\r\nX-Real-IP: 198.51.100.1\r\nX-Client-IP: 198.51.100.1\r\nTrue-Client-IP: 198.51.100.1\r\n"
        + "X_Forwarded_For: 198.51.100.1\r\nX_Real_IP: 198.51.100.1\r\nX-Forwarded_For: 198.51.100.1\r\nx-original-url: /admin\r\n"
        + "X-Rewrite-URL: /admin\r\nX_Original_URL: /admin\r\n"
        + "X-Original-Host: evil\r\nProxy: http://evil\r\n";

    [Fact]
    public async Task A_client_cannot_claim_another_identity()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));

        await router.SendRawAsync($"GET / HTTP/1.1\r\nHost: www.example.org\r\n{Claims}\r\n");

        var request = await backend.RequestAsync();
        request
            .Headers.Where(IsAboutIdentity)
            .Should()
            .BeEquivalentTo(
                new[] { ("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-Proto", "http"), ("X-Forwarded-Host", "www.example.org") }
            );
    }

    [Fact]
    public async Task A_trusted_proxy_is_believed_but_not_what_makes_a_framework_take_another_path()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend).Set("TrustedProxies", "127.0.0.0/8"));

        await router.SendRawAsync($"GET / HTTP/1.1\r\nHost: www.example.org\r\n{Claims}\r\n");

        var request = await backend.RequestAsync();
        request.Values("X-Forwarded-For").Should().Equal("198.51.100.1, 203.0.113.9, 127.0.0.1");
        request.Values("X-Forwarded-Proto").Should().Equal("https");
        request.Values("X-Forwarded-Host").Should().Equal("www.example.org");
        request.Values("X-Real-IP").Should().Equal("198.51.100.1");
        request.Values("Forwarded").Should().Equal("for=198.51.100.1");
        foreach (
            var name in new[]
            {
                "X_Forwarded_For",
                "X-Forwarded_For",
                "X-Original-URL",
                "X-Rewrite-URL",
                "X_Original_URL",
                "X-Original-Host",
                "Proxy",
            }
        )
            request.Values(name).Should().BeEmpty(name);
    }

    [Theory]
    [InlineData("198.51.100.1, 203.0.113.9", 200)]
    [InlineData("203.0.113.9, 198.51.100.1", 403)]
    [InlineData("203.0.113.9\r\nX-Forwarded-For: 198.51.100.1", 403)]
    [InlineData("203.0.113.9, rubbish", 403)]
    [InlineData("203.0.113.9, 127.0.0.2", 200)]
    [InlineData("203.0.113.9,", 403)]
    public async Task Behind_trusted_proxies_the_client_is_the_first_from_the_right_that_is_none_of_them(string forwardedFor, int status)
    {
        (await site.Router.SendRawAsync($"GET / HTTP/1.1\r\nHost: www.example.org\r\nX-Forwarded-For: {forwardedFor}\r\n\r\n"))
            .Status.Should()
            .Be(status);
    }

    [Fact]
    public async Task Headers_for_one_backend_reach_no_other_and_no_client()
    {
        const string Secret = "dXNlcjpzZWNyZXQ=";
        await using var guarded = WireMockBackend.RespondingText("guarded");
        await using var open = WireMockBackend.RespondingText("open");
        await using var router = await RunningRouter.StartAsync(
            SiteFile
                .Of("www.*", guarded)
                .Set("Backends:www:BasicAuthentication", Secret)
                .Frontend("open", open.Address)
                .Host("open.*", "open")
        );

        var reply = await router.SendRawAsync(
            "GET / HTTP/1.1\r\nHost: www.example.org\r\nAuthorization: Bearer mine\r\nAuthorization: Basic more\r\n\r\n"
        );
        reply.Head.Should().NotContain(Secret);
        (await guarded.RequestAsync()).Values("Authorization").Should().Equal("Basic " + Secret);
        await router.SendRawAsync("GET / HTTP/1.1\r\nHost: open.example.org\r\nAuthorization: Bearer mine\r\n\r\n");
        (await open.RequestAsync()).Values("Authorization").Should().Equal("Bearer mine");
        await router.SendRawAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\nConnection: Authorization\r\n\r\n");
        (await guarded.RequestAsync()).Values("Authorization").Should().Equal("Basic " + Secret);
        // The response to TRACE would be the request.
        await router.SendRawAsync("TRACE / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        (await guarded.RequestAsync()).Values("Authorization").Should().BeEmpty();
        foreach (var own in new[] { "/_status", "/_metrics" })
            (await router.GetAsync("http://localhost" + own)).Body.Should().NotContain(Secret).And.NotContain("secret");
    }

    [Fact]
    public async Task No_client_can_set_a_header_that_Router_adds()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await RunningRouter.StartAsync(AddingHeaders(SiteFile.Of("www.*", backend)));
        await router.SendRawAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        var added = (await backend.RequestAsync()).Headers.Select(header => header.Name).Where(name => name != "Host").ToArray();
        var spellings = added.SelectMany(name => new[] { name, name.ToLowerInvariant(), name.Replace('-', '_') }).ToArray();
        var lines = string.Concat(spellings.Select(name => $"{name}: forged\r\n"));

        await router.SendRawAsync($"GET / HTTP/1.1\r\nHost: www.example.org\r\n{lines}\r\n");

        added.Should().Contain(["X-Forwarded-For", "X-B3-Sampled", "Authorization"]);
        var request = await backend.RequestAsync();
        request.Headers.Where(header => header.Value == "forged").Should().BeEmpty();
        request.Headers.Select(header => header.Name).Should().Contain(added).And.OnlyHaveUniqueItems();
    }

    [Fact]
    public async Task The_backend_of_an_error_page_gets_no_header_that_is_meant_for_the_backend_of_the_route()
    {
        await using var backend = WireMockBackend.Responding(404);
        await using var pages = WireMockBackend.RespondingText("a page");
        await using var router = await RunningRouter.StartAsync(
            AddingHeaders(SiteFile.Of("www.*", backend))
                .Frontend("pages", pages.Address)
                .Set("ErrorPages:own:OnStatus", "404")
                .Set("ErrorPages:own:Backend", "pages")
                .Set("ErrorPages:own:Path", "/404")
                .Set("Hosts:www.*:ErrorPage", "own")
        );

        (await router.SendRawAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n")).Head.Should().Contain("404");

        (await pages.RequestAsync())
            .Headers.Select(header => header.Name)
            .Should()
            .BeEquivalentTo("Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-B3-Sampled", "X-B3-Flags");
    }

    // Each setting that adds a header to requests. A new one is added here, so that the tests above hold for it.
    private static SiteFile AddingHeaders(SiteFile site) =>
        site.Set("Backends:www:BasicAuthentication", "dXNlcjpzZWNyZXQ=")
            .AllowList("samplers", "192.0.2.0/24")
            .Set("RequestHeaders:SamplingTrust", "samplers");

    private static bool IsAboutIdentity((string Name, string Value) header)
    {
        var name = header.Name.Replace('_', '-').ToLowerInvariant();
        return name.StartsWith("x-forwarded", StringComparison.Ordinal)
            || name is "proxy" or "forwarded"
            || name.EndsWith("-ip", StringComparison.Ordinal)
            || name.StartsWith("x-original", StringComparison.Ordinal)
            || name.StartsWith("x-rewrite", StringComparison.Ordinal);
    }

    /// <summary>A site for staff only, behind trusted proxies.</summary>
    public sealed class ForStaff()
        : SharedWireMockSite(address =>
            new SiteFile()
                .Frontend("www", address)
                .AllowList("staff", "203.0.113.0/24")
                .Host("www.*", "www", allowList: "staff")
                .Set("TrustedProxies", "127.0.0.0/8")
        );
}
