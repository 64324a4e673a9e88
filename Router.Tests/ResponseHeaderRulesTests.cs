namespace Router.Tests;

public sealed class ResponseHeaderRulesTests(ResponseHeaderRulesTests.Site site) : IClassFixture<ResponseHeaderRulesTests.Site>
{
    [Fact]
    public async Task Each_host_has_its_own_changes_also_where_others_have_some_of_the_same()
    {
        (string Host, string Sets, string HttpsRedirects, string[] Headers)[] hosts =
        [
            ("a.example.org", "x", "false", ["Location: http://a", "X-One: 1"]),
            ("b.example.org", "x", "false", ["Location: http://a", "X-One: 1"]),
            ("c.example.org", "x, y", "false", ["Location: http://a", "X-One: 1", "X-Two: 2"]),
            ("d.example.org", "y", "false", ["Location: http://a", "X-Gone: yes", "X-Two: 2"]),
            ("e.example.org", "none", "false", ["Location: http://a", "X-Gone: yes"]),
            ("f.example.org", "x", "true", ["Location: https://a", "X-One: 1"]),
            ("g.example.org", "s", "false", ["Location: http://a", "X-Gone: yes", "X-Sibling: assets.example.org"]),
            ("h.example.net", "s", "false", ["Location: http://a", "X-Gone: yes", "X-Sibling: assets.example.net"]),
        ];
        await using var backend = WireMockBackend.Responding(200, "", ("Location", "http://a"), ("X-Gone", "yes"));
        var file = new SiteFile()
            .Frontend("www", backend.Address)
            .Set("ResponseHeaders:x:Add:X-One", "1")
            .Set("ResponseHeaders:x:Remove", "X-Gone")
            .Set("ResponseHeaders:y:Add:X-Two", "2")
            .Set("ResponseHeaders:s:Add:X-Sibling", "{sibling:assets}");
        foreach (var (host, sets, redirects, _) in hosts)
            file.Host(host, "www").Set($"Hosts:{host}:ResponseHeaders", sets).Set($"Hosts:{host}:HttpsRedirects", redirects);
        await using var router = await RunningRouter.StartAsync(file);

        foreach (var (host, _, _, headers) in hosts.Concat(hosts.Reverse()))
        {
            var reply = await router.SendRawAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");

            string[] names = ["Location", "X-Gone", "X-One", "X-Two", "X-Sibling"];
            names.SelectMany(name => reply.Values(name).Select(value => $"{name}: {value}")).Should().BeEquivalentTo(headers, host);
        }
    }

    [Theory]
    [InlineData("1.1", 200)]
    [InlineData("1.1", 404)]
    [InlineData("1.0", 200)]
    [InlineData("2.0", 200)]
    [InlineData("2.0", 404)]
    public async Task Added_headers_are_the_same_in_every_version_of_the_protocol(string version, int status)
    {
        site.Backend.RespondWith(
            $"HTTP/1.1 {status} Any\r\nServer: x\r\nX-Frame-Options: DENY\r\nReferrer-Policy: origin\r\nContent-Length: 0\r\n\r\n"
        );
        foreach (var conflicts in new[] { false, true })
        {
            using var response = await GetAsync(
                version is "2.0" ? site.Http2 : site.Http1,
                conflicts ? "conflicts.example.org" : "www.example.org",
                Version.Parse(version)
            );

            ((int)response.StatusCode).Should().Be(status);
            HeadersOf(response)
                .Should()
                .BeEquivalentTo([
                    "content-security-policy: frame-src https://assets.example.org",
                    "permissions-policy: camera=()",
                    "referrer-policy: no-referrer",
                    .. status == 200 ? ["strict-transport-security: max-age=1"] : Array.Empty<string>(),
                    "x-frame-options: DENY",
                    .. conflicts ? ["x-frame-options: SAMEORIGIN"] : Array.Empty<string>(),
                    "x-other: 1",
                ]);
        }
    }

    [Fact]
    public async Task Added_headers_that_the_servers_buffer_has_no_room_for_are_complete()
    {
        var policy = new string('p', 3000);
        await using var backend = WireMockBackend.Responding(200, "ok", ("X-Long", new string('x', 2500)));
        var file = SiteFile
            .Of("www.*", backend.Address)
            .Set("ResponseHeaders:one:Add:Permissions-Policy", policy)
            .Set("ResponseHeaders:one:Add:X-Frame-Options", "DENY")
            .Set("Hosts:www.*:ResponseHeaders", "one");
        await using var router = await RunningRouter.StartAsync(file);

        var reply = await router.SendRawAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");

        (reply.Value("Permissions-Policy"), reply.Value("X-Frame-Options"), reply.Body).Should().Be((policy, "DENY", "ok"));
    }

    private static SiteFile Rules(string address) =>
        SiteFile
            .Of("www.*", address)
            .Host("conflicts.*", "www")
            .Set("ResponseHeaders:one:Add:Content-Security-Policy", "frame-src https://{sibling:assets}")
            .Set("ResponseHeaders:one:Add:Permissions-Policy", "camera=()")
            .Set("ResponseHeaders:one:Add:X-Other", "1")
            .Set("ResponseHeaders:one:Add:Referrer-Policy", "no-referrer")
            .Set("ResponseHeaders:one:Remove", "Server, Referrer-Policy")
            .Set("ResponseHeaders:two:Add:Strict-Transport-Security", "max-age=1")
            .Set("ResponseHeaders:two:OnStatus", "200")
            .Set("ResponseHeaders:three:Add:X-Frame-Options", "SAMEORIGIN")
            .Set("Hosts:www.*:ResponseHeaders", "one, two")
            .Set("Hosts:conflicts.*:ResponseHeaders", "one, two, three");

    private static async Task<HttpResponseMessage> GetAsync(ListeningRouter router, string host, Version version)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{router.Port}/")
        {
            Version = version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Host = host;
        return await client.SendAsync(request);
    }

    private static IEnumerable<string> HeadersOf(HttpResponseMessage response) =>
        response
            .Headers.NonValidated.SelectMany(header => header.Value.Select(value => $"{header.Key.ToLowerInvariant()}: {value}"))
            .Where(header => !header.StartsWith("date:", StringComparison.Ordinal) && header is not "connection: close");

    /// <summary>A site with sets of headers, on one host without conflicts and on another with one, over each protocol.</summary>
    public sealed class Site : IAsyncLifetime
    {
        internal RecordingBackend Backend { get; } = new();

        internal ListeningRouter Http1 { get; private set; } = null!;

        internal ListeningRouter Http2 { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Http1 = await ListeningRouter.StartAsync(Rules(Backend.Address), "Http1");
            Http2 = await ListeningRouter.StartAsync(Rules(Backend.Address), "Http2");
        }

        public async Task DisposeAsync()
        {
            await Http1.DisposeAsync();
            await Http2.DisposeAsync();
            await Backend.DisposeAsync();
        }
    }
}
