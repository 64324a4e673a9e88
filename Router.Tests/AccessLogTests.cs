using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Router.Tests;

public sealed class AccessLogTests(PlainSite site, AccessLogTests.WithCredentials withCredentials)
    : IClassFixture<PlainSite>,
        IClassFixture<AccessLogTests.WithCredentials>
{
    private readonly RunningRouter _router = site.Router;
    private readonly RecordingBackend _backend = site.Backend.Forget();

    [Fact]
    public async Task Every_request_has_one_line_with_the_names_of_the_original_and_no_others()
    {
        await _router.GetAsync("http://www.example.org/");

        var line = await _router.AccessLog.NextLineAsync();
        JsonNode
            .Parse(line)!
            .AsObject()
            .Select(field => field.Key)
            .Should()
            .Equal(
                "logType",
                "requestId",
                "spanId",
                "parentSpanId",
                "isSampled",
                "debugFlag",
                "remoteHost",
                "user",
                "time",
                "epochTime",
                "request",
                "status",
                "size",
                "requestSize",
                "referer",
                "userAgent",
                "requestTime",
                "upstreamConnectTime",
                "upstreamHeaderTime",
                "upstreamResponseTime",
                "httpHost"
            );
        await _router.GetAsync("http://www.example.org/second");
        (await _router.AccessLog.NextAsync()).Text("request").Should().Be("GET /second HTTP/1.1");
    }

    [Fact]
    public async Task The_members_say_what_the_client_sent_and_got()
    {
        await using var backend = WireMockBackend.Responding(201, "hello");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend).Set("TrustedProxies", "127.0.0.1"));

        await router.SendRawAsync(
            "POST /a//b%2F?x=<1>&y='2' HTTP/1.1\r\nHost: www.example.org:8080\r\nContent-Length: 3\r\nX-Forwarded-For: 203.0.113.9\r\n"
                + "Referer: https://www.example.org/from\r\nUser-Agent: test/1.0\r\n"
                + "X-B3-TraceId: 463ac35c9f6413ad\r\nX-B3-SpanId: a2fb4a1d1a96d312\r\nX-B3-ParentSpanId: 0020000000000001\r\n"
                + "X-B3-Sampled: 1\r\nX-B3-Flags: 0\r\n\r\nabc"
        );

        var line = await router.AccessLog.NextAsync();
        line.Text("logType").Should().Be("nginx-access");
        line.Text("requestId").Should().Be("463ac35c9f6413ad");
        line.Text("spanId").Should().Be("a2fb4a1d1a96d312");
        line.Text("parentSpanId").Should().Be("0020000000000001");
        line.Text("isSampled").Should().Be("1");
        line.Text("debugFlag").Should().Be("0");
        line.Text("remoteHost").Should().Be("203.0.113.9");
        line.Text("user").Should().BeEmpty();
        line.Text("request").Should().Be("POST /a//b%2F?x=<1>&y='2' HTTP/1.1");
        line.Number("status").Should().Be("201");
        line.Number("size").Should().Be("5");
        line.Number("requestSize").Should().Be("3");
        line.Text("referer").Should().Be("https://www.example.org/from");
        line.Text("userAgent").Should().Be("test/1.0");
        line.Text("httpHost").Should().Be("www.example.org:8080");
    }

    [Fact]
    public async Task A_missing_value_is_an_empty_text_or_zero()
    {
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://www.invalid"));

        await router.SendRawAsync("GET /none HTTP/1.1\r\nHost: elsewhere.example.org\r\n\r\n");

        var line = await router.AccessLog.NextAsync();
        line.Number("status").Should().Be("404");
        line.Number("requestSize").Should().Be("0");
        foreach (
            var name in new[]
            {
                "requestId",
                "spanId",
                "parentSpanId",
                "isSampled",
                "debugFlag",
                "user",
                "referer",
                "userAgent",
                "upstreamConnectTime",
                "upstreamHeaderTime",
                "upstreamResponseTime",
            }
        )
        {
            line.Text(name).Should().BeEmpty(name);
        }
    }

    [Fact]
    public async Task Times_are_local_and_durations_are_seconds_with_three_digits()
    {
        var clock = new ManualClock();
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend), clock);
        using var client = await router.ConnectAsync();

        await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        clock.Advance(TimeSpan.FromMilliseconds(1050));
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na");
        await client.ReadThroughAsync("\r\n\r\na");
        clock.Advance(TimeSpan.FromMilliseconds(500));
        await connection.WriteAsync("b");

        var line = await router.AccessLog.NextLineAsync();
        var local = TimeZoneInfo.ConvertTime(clock.GetUtcNow(), clock.LocalTimeZone);
        var zone = local.ToString("zzz", CultureInfo.InvariantCulture).Replace(":", "", StringComparison.Ordinal);
        line.Should().Contain($"\"time\":\"{local.ToString("dd/MMM/yyyy:HH:mm:ss", CultureInfo.InvariantCulture)} {zone}\"");
        line.Should().Contain("\"epochTime\":1767304801.550,");
        line.Should().Contain("\"requestTime\":1.550,");
        line.Should().Contain("\"upstreamConnectTime\":\"0.000\",\"upstreamHeaderTime\":\"1.050\",\"upstreamResponseTime\":\"1.550\"");
    }

    [Fact]
    public async Task A_backend_that_cannot_be_reached_has_a_time_but_no_connection_and_no_header()
    {
        using var nobody = new ClosedPort();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", nobody.Address));

        var reply = await router.GetAsync("http://www.example.org/");

        var line = await router.AccessLog.NextAsync();
        line.Number("status").Should().Be("502");
        line.Number("size").Should().Be(reply.Body.Length.ToString(CultureInfo.InvariantCulture));
        line.Text("upstreamConnectTime").Should().BeEmpty();
        line.Text("upstreamHeaderTime").Should().BeEmpty();
        line.Text("upstreamResponseTime").Should().MatchRegex(@"^\d+\.\d{3}$");
    }

    [Theory]
    [InlineData("Basic dXNlcjpzZWNyZXQ=", "user")] // user:secret
    [InlineData("basic dXNlcjpzZTpjcmV0", "user")] // user:se:cret
    [InlineData("Basic OnNlY3JldA==", "")] // :secret
    [InlineData("Basic c2VjcmV0", "")] // secret
    [InlineData("Basic secret%", "")]
    [InlineData("Bearer dXNlcjpzZWNyZXQ=", "")]
    [InlineData("Basic SsO8cmdlbjpzZWNyZXQ=", "Jürgen")] // in UTF-8
    [InlineData("Basic SvxyZ2VuOnNlY3JldA==", "Jürgen")] // in Latin-1
    public async Task The_user_is_the_name_of_basic_authentication_and_never_the_password(string authorization, string user)
    {
        var router = withCredentials.Router;

        await router.GetAsync("http://www.example.org/", ("Authorization", authorization));

        var line = await router.AccessLog.NextAsync();
        line.Text("user").Should().Be(user);
        line.ToJsonString().Should().NotContain("secret").And.NotContain(authorization.Split(' ')[1]);
    }

    [Theory]
    [InlineData("a\",\"status\":200,\"x\":\"", "a\",\"status\":200,\"x\":\"")]
    [InlineData("back\\slash", "back\\slash")]
    [InlineData("tab\there", "tab\there")]
    [InlineData("J\u00FCrgen", "Jürgen")] // Latin-1
    [InlineData("J\u00C3\u00BCrgen", "Jürgen")] // UTF-8
    [InlineData("\u00C2\u0085next", "\u0085next")] // a line end in UTF-8
    [InlineData("\u0085next", "\u0085next")] // the same in Latin-1
    [InlineData("\u00E2\u0080\u00A8line", "\u2028line")]
    [InlineData("\u009B31mred", "\u009B31mred")] // an escape sequence of a terminal
    [InlineData("\u00F0\u009F\u0098\u0080", "\U0001F600")]
    public async Task No_client_can_forge_a_line(string sent, string logged)
    {
        await _router.SendRawAsync(
            $"GET / HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: {sent}\r\nReferer: {sent}\r\nX-B3-TraceId: {sent}\r\n\r\n"
        );
        var line = await _router.AccessLog.NextLineAsync();
        await _router.SendRawAsync("GET /after HTTP/1.1\r\nHost: www.example.org\r\n\r\n");

        line.Should().NotMatchRegex(@"[\p{Cc}\p{Zl}\p{Zp}]");
        var fields = JsonNode.Parse(line)!.AsObject();
        fields.Text("userAgent").Should().Be(logged);
        fields.Text("referer").Should().Be(logged);
        fields.Text("requestId").Should().Be(logged);
        fields.Number("status").Should().Be("200");
        (await _router.AccessLog.NextAsync()).Text("request").Should().Be("GET /after HTTP/1.1");
    }

    [Fact]
    public async Task The_health_check_and_the_metrics_have_no_line()
    {
        await _router.GetAsync("http://localhost/_status");
        await _router.GetAsync("http://localhost/_status/?ignore-dependencies");
        await _router.GetAsync("http://localhost/_metrics");
        await _router.GetAsync("http://www.example.org/_status");

        (await _router.AccessLog.NextAsync()).Text("httpHost").Should().Be("www.example.org", "there it is the application's");
        _router.AccessLog.Count.Should().Be(0);
    }

    [Fact]
    public async Task The_log_can_be_switched_off_and_on_while_Router_runs()
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend).Set("AccessLog", "false"));

        await router.GetAsync("http://www.example.org/silent");
        await router.ReconfigureAsync(SiteFile.Of("www.*", backend).Set("AccessLog", "true"));
        await router.GetAsync("http://www.example.org/loud");

        (await router.AccessLog.NextAsync()).Text("request").Should().Be("GET /loud HTTP/1.1");
    }

    [Theory]
    [InlineData("maintenance", "www.example.org", "503")]
    [InlineData("live", "refused.example.org", "403")]
    [InlineData("live", "elsewhere.example.org", "404")]
    public async Task Routers_own_responses_are_logged_too(string mode, string host, string status)
    {
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", "http://www.invalid").Mode(mode).Host("refused.*", null, refuse: true)
        );

        var reply = await router.GetAsync($"http://{host}/page");

        var line = await router.AccessLog.NextAsync();
        line.Number("status").Should().Be(status);
        line.Number("size").Should().Be(Encoding.UTF8.GetByteCount(reply.Body).ToString(CultureInfo.InvariantCulture));
        line.Text("upstreamResponseTime").Should().BeEmpty();
    }

    [Theory]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n", "7")]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\n\r\n", "0")]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", "0")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nTrailer: X-End\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-End: 1\r\n\r\n", "3")]
    public async Task The_size_is_that_of_the_body(string method, string response, string size)
    {
        _backend.RespondWith(response);

        await _router.SendAsync(method, "http://www.example.org/");

        (await _router.AccessLog.NextAsync()).Number("size").Should().Be(size);
    }

    [Fact]
    public async Task A_client_that_disconnected_before_the_response_has_status_499()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        using var client = await router.ConnectAsync();

        await client.WriteAsync("GET /slow HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        client.Reset();

        var line = await router.AccessLog.NextAsync();
        line.Number("status").Should().Be("499");
        line.Number("size").Should().Be("0");
    }

    [Fact]
    public async Task A_response_that_broke_has_the_status_and_the_bytes_that_the_client_saw()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        using var client = await router.ConnectAsync();

        await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        await client.ReadThroughAsync("half");
        connection.Reset();

        var line = await router.AccessLog.NextAsync();
        line.Number("status").Should().Be("200");
        line.Number("size").Should().Be("4");
    }

    [Fact]
    public async Task A_connection_that_changed_its_protocol_has_its_line_when_it_ends()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        using var client = await router.ConnectAsync();

        await client.WriteAsync("GET /socket HTTP/1.1\r\nHost: www.example.org\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        await connection.WriteAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nwelcome");
        await client.ReadThroughAsync("welcome");
        router.AccessLog.Count.Should().Be(0);
        connection.FinishWriting();

        var line = await router.AccessLog.NextAsync();
        line.Number("status").Should().Be("101");
        line.Number("size").Should().Be("7");
        line.Text("upstreamHeaderTime").Should().NotBeEmpty();
    }

    [Fact]
    public async Task A_stalled_reader_stops_no_request_and_loses_no_line()
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        router.AccessLog.Stall();

        for (var i = 0; i < 500; i++)
            (await router.GetAsync($"http://www.example.org/{i}")).Status.Should().Be(200);
        await router.AccessLog.Stalled.InTime();
        router.AccessLog.Count.Should().Be(0);
        router.AccessLog.GoOn();

        for (var i = 0; i < 500; i++)
            (await router.AccessLog.NextAsync()).Text("request").Should().Be($"GET /{i} HTTP/1.1");
        (await router.GetAsync("http://localhost/_metrics")).Body.Should().NotMatchRegex(@"(?m)^router_access_log_lost_total\S* [1-9]");
    }

    [Fact]
    public async Task Lines_that_cannot_be_written_are_counted_and_the_next_ones_are_written()
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        router.AccessLog.Fails = true;
        await router.GetAsync("http://www.example.org/lost");
        await router.AccessLog.Failed.InTime();
        router.AccessLog.Fails = false;
        await router.GetAsync("http://www.example.org/written");

        (await router.AccessLog.NextAsync()).Text("request").Should().Be("GET /written HTTP/1.1");
        (await router.GetAsync("http://localhost/_metrics"))
            .Body.Should()
            .MatchRegex(@"router_access_log_lost_total\{[^}]*reason=""not_written""[^}]*\} 1\n");
    }

    [Fact]
    public async Task When_the_reader_is_far_behind_lines_are_dropped_and_counted_and_memory_stays_bounded()
    {
        const int requests = 1100;
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://www.invalid").Mode("maintenance"));
        router.AccessLog.Stall();
        var agent = new string('a', 30_000);

        for (var i = 0; i < requests; i++)
            await router.GetAsync("http://www.example.org/", ("User-Agent", agent));
        // On the connection of the requests: the line of the last one, which follows its response, is written or lost before that.
        var lost = LostIn((await router.GetAsync("http://www.example.org/_metrics", ("Host", "localhost"))).Body);
        router.AccessLog.GoOn();

        // Two of them fill a block of 64 KiB, and 512 blocks may wait; the one that the reader has in hand may have been taken half full.
        lost.Should().BeInRange(requests - 1024, requests - 1023);
        for (var i = 0; i < requests - lost; i++)
            (await router.AccessLog.NextAsync()).Text("userAgent").Should().Be(agent);
        router.AccessLog.Count.Should().Be(0);
    }

    [Fact]
    public async Task A_request_that_ends_while_Router_stops_has_its_line_written_before_Router_has_stopped()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        using var client = await router.ConnectAsync();
        await client.WriteAsync("GET /last HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();

        var stopping = router.App.StopAsync();
        router.App.Lifetime.ApplicationStopping.IsCancellationRequested.Should().BeTrue();
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        (await client.ReadMessageAsync())!.Body.Should().Be("ok");
        await stopping.InTime();

        router.AccessLog.Count.Should().Be(1);
        (await router.AccessLog.NextAsync()).Text("request").Should().Be("GET /last HTTP/1.1");
    }

    [Fact]
    public async Task Every_pending_line_is_written_before_Router_has_stopped()
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        router.AccessLog.Stall();
        for (var i = 0; i < 300; i++)
            await router.GetAsync($"http://www.example.org/{i}");

        var stopping = router.App.StopAsync();
        router.AccessLog.GoOn();
        await stopping.InTime();

        router.AccessLog.Count.Should().Be(300);
    }

    private static int LostIn(string metrics) =>
        (
            from line in metrics.Split('\n')
            where
                line.StartsWith("router_access_log_lost_total", StringComparison.Ordinal)
                && line.Contains("behind", StringComparison.Ordinal)
            select int.Parse(line[(line.IndexOf('}') + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture)
        ).Single();

    /// <summary>A site that signs in at its backend.</summary>
    public sealed class WithCredentials()
        : SharedWireMockSite(address => SiteFile.Of("www.*", address).Set("Backends:www:BasicAuthentication", "cm91dGVyOmhpZGRlbg=="));
}

/// <summary>Reads a line of the access log.</summary>
internal static class AccessLogFields
{
    /// <summary>A field that must be a text.</summary>
    public static string Text(this JsonObject line, string name) => line[name]!.GetValue<string>();

    /// <summary>A field that must be a number, with the digits that it is written with.</summary>
    public static string Number(this JsonObject line, string name)
    {
        line[name]!.GetValueKind().Should().Be(System.Text.Json.JsonValueKind.Number, name);
        return line[name]!.ToJsonString();
    }
}
