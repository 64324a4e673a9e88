using System.Collections.Immutable;
using System.Net;
using System.Text;
using Router.Access;
using Router.Configuration;

namespace Router.Tests;

public sealed class TrustedProxyListTests
{
    private const string Published = """
        {
          "syncToken": "1", "createDate": "2026-01-01-00-00-00",
          "prefixes": [
            { "ip_prefix": "198.51.100.0/24", "region": "GLOBAL", "service": "CLOUDFRONT", "network_border_group": "GLOBAL" },
            { "ip_prefix": "192.0.2.0/24", "region": "eu-west-1", "service": "EC2", "network_border_group": "eu-west-1" }
          ],
          "ipv6_prefixes": [
            { "ipv6_prefix": "2001:db8::/32", "region": "GLOBAL", "service": "CLOUDFRONT", "network_border_group": "GLOBAL" }
          ]
        }
        """;

    [Theory]
    [InlineData(Published, "CLOUDFRONT", "198.51.100.0/24, 2001:db8::/32")]
    [InlineData(Published, "cloudfront", "198.51.100.0/24, 2001:db8::/32")]
    [InlineData(Published, null, "198.51.100.0/24, 192.0.2.0/24, 2001:db8::/32")]
    [InlineData("198.51.100.0/24\n2001:db8::/32\n", "CLOUDFRONT", "198.51.100.0/24, 2001:db8::/32")]
    [InlineData("198.51.100.7, 192.0.2.0/24", null, "198.51.100.7/32, 192.0.2.0/24")]
    public void A_published_list_is_read(string content, string? service, string ranges) =>
        string.Join(", ", PublishedRanges.Read(Encoding.UTF8.GetBytes(content), service)).Should().Be(ranges);

    [Theory]
    [InlineData(Published, "CLOUDFORNT", "no range of service CLOUDFORNT")]
    [InlineData("", null, "no range")]
    [InlineData("<html>moved</html>", null, "neither an address nor a range")]
    [InlineData("{}", null, "no range")]
    [InlineData("{\"prefixes\":[{\"ip_prefix\":\"198.51.100.0/24\"", null, "ip-ranges form")]
    [InlineData("{\"prefixes\":\"198.51.100.0/24\"}", null, "ip-ranges form")]
    [InlineData("{\"prefixes\":[{\"ip_prefix\":7}]}", null, "ip-ranges form")]
    [InlineData(
        "{\"prefixes\":[{\"ip_prefix\":\"198.51.100.0/24\"},{\"ip_prefix\":\"198.51.100.0/33\"}]}",
        null,
        "'198.51.100.0/33' is neither"
    )]
    [InlineData("198.51.100.0/24\n0.0.0.0/0", null, "'0.0.0.0/0' covers every address")]
    public void A_list_is_accepted_as_a_whole_or_not_at_all(string content, string? service, string words)
    {
        var read = () => PublishedRanges.Read(Encoding.UTF8.GetBytes(content), service);

        read.Should().Throw<FormatException>().WithMessage($"*{words}*");
    }

    [Fact]
    public async Task The_last_good_list_stays_while_it_cannot_be_read_and_each_change_is_logged_once()
    {
        var (clock, log, source) = (new ManualClock(), new LogLines(), new Source());
        var list = new ProxyList(Settings("https://ranges.example/ip-ranges.json"), null, clock, log);
        using var client = new HttpClient(source);

        async Task Read(TimeSpan after, int ranges)
        {
            clock.Advance(after);
            list.IsDue.Should().BeTrue();
            await list.RefreshAsync(client, CancellationToken.None);
            list.Ranges.Should().HaveCount(ranges);
        }

        source.Response = () => throw new HttpRequestException("name not known");
        await Read(TimeSpan.Zero, 0);
        list.Age.Should().BeNull();
        await Read(TimeSpan.FromMinutes(1), 0);
        source.Response = () => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(Published) };
        await Read(TimeSpan.FromMinutes(1), 2);
        await Read(TimeSpan.FromHours(1), 2);
        source.Response = () =>
            new HttpResponseMessage(HttpStatusCode.ServiceUnavailable) { Content = new StringContent("203.0.113.0/24") };
        await Read(TimeSpan.FromHours(1), 2);
        source.Response = () => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("{}") };
        await Read(TimeSpan.FromMinutes(1), 2);
        list.Age.Should().Be(TimeSpan.FromMinutes(61));
        source.Response = () => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("203.0.113.0/24") };
        await Read(TimeSpan.FromMinutes(1), 1);
        list.Age.Should().Be(TimeSpan.Zero);

        (await log.NextAsync(""))
            .Should()
            .StartWith("Error: Trusted proxies cdn: https://ranges.example/ip-ranges.json can't be used: name not known. No proxy");
        (await log.NextAsync("")).Should().StartWith("Information: Trusted proxies cdn: 2 ranges");
        (await log.NextAsync(""))
            .Should()
            .StartWith("Error: Trusted proxies cdn:")
            .And.Contain("503")
            .And.Contain("last valid list is kept: 2 ranges");
        (await log.NextAsync("")).Should().StartWith("Information: Trusted proxies cdn: 1 ranges");
    }

    [Fact]
    public async Task A_list_is_read_again_when_it_is_due_and_sooner_after_a_failure()
    {
        var (clock, source) = (
            new ManualClock(),
            new Source { Response = () => new HttpResponseMessage { Content = new StringContent(Published) } }
        );
        var list = new ProxyList(Settings("https://ranges.example/"), null, clock, new LogLines());
        using var client = new HttpClient(source);
        await list.RefreshAsync(client, CancellationToken.None);

        clock.Advance(TimeSpan.FromMinutes(59));
        list.IsDue.Should().BeFalse();
        clock.Advance(TimeSpan.FromMinutes(1));
        list.IsDue.Should().BeTrue();
        source.Response = () => throw new HttpRequestException("broken");
        await list.RefreshAsync(client, CancellationToken.None);
        list.IsDue.Should().BeFalse();
        clock.Advance(TimeSpan.FromMinutes(1));
        list.IsDue.Should().BeTrue();
    }

    [Fact]
    public async Task A_source_that_never_responds_times_out_after_ten_seconds()
    {
        var (clock, log, source) = (new ManualClock(), new LogLines(), new Source { Silent = true });
        var list = new ProxyList(Settings("https://ranges.example/"), null, clock, log);
        using var client = new HttpClient(source);

        var reading = list.RefreshAsync(client, CancellationToken.None);
        reading.IsCompleted.Should().BeFalse();
        clock.Advance(TimeSpan.FromSeconds(10));

        await reading.InTime();
        (await log.NextAsync("can't be used")).Should().Contain("longer than 10 s");
    }

    [Fact]
    public async Task The_list_at_an_address_applies_from_the_first_request_on()
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var cdn = Publishing("""{"prefixes":[{"ip_prefix":"127.0.0.1/32","service":"CLOUDFRONT"}]}""");
        await using var router = await RunningRouter.StartAsync(
            StaffOnly(backend)
                .Set("Variables:DM_CLOUDFRONT_IPS", "TrustedProxyLists:published:Source")
                .Set("TrustedProxyLists:published:Service", "CLOUDFRONT"),
            null,
            ("DM_CLOUDFRONT_IPS", cdn.Address + "/ip-ranges.json")
        );

        (await AskedForStaffAsync(router)).Should().Be(200);
        (await router.GetAsync("http://www.example.org/", ("X-Forwarded-For", "203.0.113.10"))).Status.Should().Be(403);
        var metrics = (await router.GetAsync("http://elsewhere.example.net/_metrics")).Body;
        metrics.Should().Contain("""router_trusted_proxies{otel_scope_name="Router",list="published"} 1""");
        metrics.Should().Contain("""router_trusted_proxies_age_seconds{otel_scope_name="Router",list="published"}""");
    }

    [Fact]
    public async Task A_list_that_cannot_be_fetched_at_startup_stops_nothing_trusts_no_client_and_is_fetched_again()
    {
        var response = "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n";
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var cdn = RawBackend.Start(async connection =>
        {
            while (await connection.ReadMessageAsync() is not null)
                await connection.WriteAsync(Volatile.Read(ref response));
        });
        await using var router = await RunningRouter.StartAsync(
            StaffOnly(backend).Set("TrustedProxyLists:cdn:Source", cdn.Address).Set("TrustedProxyLists:cdn:Refresh", "100ms")
        );

        await router.Log.NextAsync("No proxy of this list is trusted");
        (await AskedForStaffAsync(router)).Should().Be(403);
        Volatile.Write(ref response, "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n127.0.0.1/32");
        await router.Log.NextAsync("Trusted proxies cdn: 1 ranges");
        // The set is put in force just after the line is written.
        await Eventually.TrueAsync(async () => await AskedForStaffAsync(router) == 200);
    }

    [Fact]
    public async Task A_file_is_read_and_a_reload_keeps_what_is_known_of_the_same_source()
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, """{"prefixes":[{"ip_prefix":"127.0.0.0/8","service":"X"}]}""");
            var site = StaffOnly(backend).Set("TrustedProxyLists:cdn:Source", file);
            await using var router = await RunningRouter.StartAsync(site);
            (await AskedForStaffAsync(router)).Should().Be(200);

            await File.WriteAllTextAsync(file, "rubbish");
            await router.ReconfigureAsync(site.Set("TrustedProxyLists:cdn:Refresh", "2h"));

            (await AskedForStaffAsync(router)).Should().Be(200);
            await router.Log.NextAsync("The last valid list is kept: 1 ranges");
            (await AskedForStaffAsync(router)).Should().Be(200);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("127.0.0.1", 200)]
    [InlineData("203.0.113.0/24, 127.0.0.0/8", 200)]
    [InlineData("203.0.113.0/24", 403)]
    [InlineData("", 403)]
    public async Task The_ranges_may_be_in_the_configuration_itself(string source, int status)
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var router = await RunningRouter.StartAsync(StaffOnly(backend).Set("TrustedProxyLists:cdn:Source", source));

        (await AskedForStaffAsync(router)).Should().Be(status);
    }

    [Theory]
    [InlineData("Source", "198.51.100.0/33", "neither a range")]
    [InlineData("Source", "198.51.100.0/24, 198.51.100.0/33", "'198.51.100.0/33' is neither an address nor a range")]
    [InlineData("Source", "/nowhere/ip-ranges.json", "nor an existing file")]
    [InlineData("Source", "ftp://ranges.example/", "is not an http or https address")]
    [InlineData("Source", "htps://ranges.example/a,b", "is not an http or https address")]
    [InlineData("Source", "https://", "is not an http or https address")]
    [InlineData("Refresh", "3600", "duration")]
    [InlineData("Servcie", "CLOUDFRONT", "not a key that Router knows")]
    public void A_mistyped_name_is_an_error(string key, string value, string words)
    {
        var (_, errors) = SiteFile
            .Of("www.*", "http://www.invalid")
            .Set("TrustedProxyLists:cdn:Source", "198.51.100.0/24")
            .Set($"TrustedProxyLists:cdn:{key}", value)
            .Read();

        var error = errors.Should().ContainSingle().Subject;
        error.Key.Should().Be($"Router:TrustedProxyLists:cdn:{key}");
        error.ToString().Should().Contain(words);
    }

    private static TrustedProxyListSettings Settings(string location) =>
        new()
        {
            Name = "cdn",
            Ranges = ImmutableArray<IPNetwork>.Empty,
            Location = new Uri(location),
            Service = "CLOUDFRONT",
            Refresh = TimeSpan.FromHours(1),
        };

    private static SiteFile StaffOnly(WireMockBackend backend) =>
        SiteFile.Of("www.*", backend).AllowList("staff", "203.0.113.9").Set("Hosts:www.*:AllowList", "staff");

    private static WireMockBackend Publishing(string list) => WireMockBackend.Responding(200, list);

    private static async Task<int> AskedForStaffAsync(RunningRouter router) =>
        (await router.GetAsync("http://www.example.org/", ("X-Forwarded-For", "203.0.113.9"))).Status;

    private sealed class Source : HttpMessageHandler
    {
        public Func<HttpResponseMessage> Response { get; set; } = () => new HttpResponseMessage();

        public bool Silent { get; init; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (Silent)
                await Task.Delay(Timeout.Infinite, cancellationToken);
            return Response();
        }
    }
}
