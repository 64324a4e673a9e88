using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Router.Modes;
using Router.Proxy.InFlight;
using Router.Serving;

namespace Router.Tests;

public sealed class MetricsTests
{
    [Fact]
    public async Task A_series_of_what_rarely_happens_exists_before_it_does_so_that_the_first_time_is_an_increase()
    {
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://backend.invalid"));

        var text = (await router.GetAsync("http://localhost/_metrics")).Body;

        foreach (var series in new[] { "table_reloads_total", "log_lost_total", "access_log_lost_total", "closed_forwards_total" })
            text.Should().MatchRegex($$"""(?m)^router_{{series}}(\{[^}]*\})? 0$""");
    }

    [Fact]
    public async Task A_request_that_is_forwarded_although_the_mode_had_closed_its_backend_counts()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        var inFlight = router.App.Services.GetRequiredService<InFlightRequests>();
        await router.GetAsync("http://www.example.org/");
        router.Switch(ModeCatalogue.Closed);
        await router.GetAsync("http://www.example.org/");
        inFlight.ClosedCount.Should().Be(0);

        // What no request does: it is past the admission in a mode that closes its backend.
        var (route, upstream, time) = (
            router.Site.Table.Routes[0],
            router.Site.Backends[0],
            router.App.Services.GetRequiredService<FleetClock>()
        );
        var request = new RequestContext(time) { Client = IPAddress.Loopback };
        request.Admit(route, upstream, "GET", "GET", "www.example.org", "/", null);
        router.App.Services.GetRequiredService<RequestAccounting>().Forwarded(new DefaultHttpContext(), request, null);

        inFlight.ClosedCount.Should().Be(1);
        (await router.GetAsync("http://localhost/_metrics")).Body.Should().MatchRegex(@"(?m)^router_closed_forwards_total(\{[^}]*\})? 1$");
    }

    [Fact]
    public async Task Metrics_are_served_in_the_text_format_with_help_and_unit_in_every_mode()
    {
        foreach (var mode in new[] { "live", "recovery", "maintenance" })
        {
            using var closed = new ClosedPort();
            await using var router = await RunningRouter.StartAsync(
                new SiteFile()
                    .Mode(mode)
                    .Frontend("www", closed.Address)
                    .Host("www.*", "www")
                    .Api("api", closed.Address)
                    .Host("api.*", "api")
            );
            await router.GetAsync("http://www.example.org/");
            await router.GetAsync("http://api.example.org/");
            await router.MisconfigureAsync("{");

            var reply = await router.GetAsync("http://localhost/_metrics");

            reply.Status.Should().Be(200);
            reply.Value("Content-Type").Should().StartWith("text/plain");
            string[] own = mode switch
            {
                "live" =>
                [
                    "router_mode",
                    "router_requests_total",
                    "router_backend_in_flight",
                    "router_backend_duration_seconds",
                    "router_forward_failures_total",
                    "router_table_reloads_total",
                ],
                "recovery" =>
                [
                    "router_mode",
                    "router_requests_total",
                    "router_blocked_total",
                    "router_backend_duration_seconds",
                    "router_forward_failures_total",
                ],
                _ => ["router_mode", "router_requests_total", "router_blocked_total", "router_backend_in_flight"],
            };
            foreach (var name in own.Append("http_server_request_duration_seconds"))
            {
                reply.Body.Should().MatchRegex($"(?m)^# HELP {name} \\w.+$", mode);
                reply.Body.Should().MatchRegex($"(?m)^# TYPE {name} \\w+$", mode);
            }

            reply.Body.Should().NotContain("http_server_active_requests", "each request would be recorded twice more");
            if (mode == "live")
                reply.Body.Should().Contain("# HELP http_client_request_duration_seconds ");
        }
    }

    [Theory]
    [InlineData("live")]
    [InlineData("read-only")]
    [InlineData("recovery")]
    [InlineData("maintenance")]
    public async Task The_mode_is_one_series_for_each_mode_and_one_of_them_is_1(string mode)
    {
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://www.invalid").Mode(mode));

        var metrics = await ReadAsync(router);

        foreach (var name in new[] { "live", "read-only", "recovery", "maintenance" })
            metrics
                .Should()
                .Contain(series => series.Name == "router_mode" && series.Has("mode", name) && series.Value == (name == mode ? 1 : 0));
        metrics
            .Where(series => series.Name == "router_mode")
            .Should()
            .HaveCount(ModeCatalogue.All.Length + 1, "a stage of a reopening has one too")
            .And.Contain(series => series.Has("mode", "reopening") && series.Value == 0);
    }

    [Fact]
    public async Task Requests_are_counted_by_route_backend_method_class_and_status_class()
    {
        await using var backend = WireMockBackend.Responding(201);
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("counted.*", backend).Path("counted.*", "/admin").Path("counted.*", "/closed", refuse: true)
        );
        await router.GetAsync("http://counted.example.org/a");
        await router.SendAsync("HEAD", "http://counted.example.org/b");
        await router.SendAsync("PUT", "http://counted.example.org/c");
        await router.SendAsync("POST", "http://counted.example.org/admin/x");
        await router.SendAsync("BREW", "http://counted.example.org/admin/y");
        await router.GetAsync("http://counted.example.org/closed");
        // A request is counted when its response has gone out, and has its line after that.
        for (var line = 0; line < 6; line++)
            await router.AccessLog.NextAsync();

        var counts = (await ReadAsync(router))
            .Where(series => series.Name == "router_requests_total" && series.Labels.Contains("counted", StringComparison.Ordinal))
            .ToArray();

        counts.Should().HaveCount(4);
        Value("counted.*", "www", "safe", "2xx").Should().Be(2);
        Value("counted.*", "www", "idempotent", "2xx").Should().Be(1);
        Value("counted.*//admin", "www", "unsafe", "2xx").Should().Be(2);
        Value("counted.*//closed", "none", "safe", "4xx").Should().Be(1);

        double Value(string route, string to, string method, string status) =>
            counts
                .Single(series =>
                    series.Has("route", route)
                    && series.Has("backend", to)
                    && series.Has("method_class", method)
                    && series.Has("status_class", status)
                )
                .Value;
    }

    [Fact]
    public async Task A_request_whose_client_disconnected_without_a_response_is_not_counted_as_a_success()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("gone.*", backend));
        using var client = await router.ConnectAsync();
        await client.WriteAsync("GET / HTTP/1.1\r\nHost: gone.example.org\r\n\r\n");
        using var atBackend = await backend.AcceptAsync();
        await atBackend.ReadHeadAsync();

        client.Reset();
        await atBackend.ReadToEndAsync();
        var count = await WaitForAsync(router, series => series.Name == "router_requests_total" && series.Has("route", "gone.*"));

        count.Has("status_class", "none").Should().BeTrue(count.Labels);
    }

    [Fact]
    public async Task Backend_durations_are_a_separate_histogram()
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var router = await RunningRouter.StartAsync(new SiteFile().Frontend("timed", backend.Address).Host("timed.*", "timed"));
        await router.GetAsync("http://timed.example.org/");
        await router.GetAsync("http://timed.example.org/");

        var metrics = await ReadAsync(router);

        metrics
            .Single(series => series.Name == "router_backend_duration_seconds_count" && series.Has("backend", "timed"))
            .Value.Should()
            .Be(2);
        metrics
            .Should()
            .Contain(series =>
                series.Name == "router_backend_duration_seconds_bucket" && series.Has("backend", "timed") && series.Has("le", "0.25")
            );
    }

    [Fact]
    public async Task A_declared_body_over_the_limit_is_a_separate_failure_and_no_backend_time()
    {
        await using var backend = WireMockBackend.RespondingText("never");
        await using var router = await RunningRouter.StartAsync(
            new SiteFile().Frontend("spared", backend.Address).Host("spared.*", "spared").Set("Hosts:spared.*:MaxRequestBody", "1KiB")
        );
        using (var client = await router.ConnectAsync())
        {
            await client.WriteAsync("POST / HTTP/1.1\r\nHost: spared.example.org\r\nContent-Length: 5000\r\n\r\n");
            (await client.ReadMessageAsync())!.Status.Should().Be(413);
        }

        var metrics = await ReadAsync(router);

        metrics
            .Single(series => series.Name == "router_forward_failures_total" && series.Has("backend", "spared"))
            .Has("reason", "request_body_too_large")
            .Should()
            .BeTrue();
        metrics.Should().NotContain(series => series.Name == "router_backend_duration_seconds_count" && series.Has("backend", "spared"));
    }

    [Fact]
    public async Task What_is_in_flight_is_counted_by_backend_and_falls_back_to_nothing()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(new SiteFile().Frontend("busy", backend.Address).Host("busy.*", "busy"));
        using var client = await router.ConnectAsync();
        await client.WriteAsync("GET / HTTP/1.1\r\nHost: busy.example.org\r\n\r\n");
        using var atBackend = await backend.AcceptAsync();
        await atBackend.ReadHeadAsync();

        await WaitForAsync(
            router,
            series => series.Name == "router_backend_in_flight" && series.Has("backend", "busy") && series.Value == 1
        );
        await atBackend.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await client.ReadMessageAsync();

        await WaitForAsync(
            router,
            series => series.Name == "router_backend_in_flight" && series.Has("backend", "busy") && series.Value == 0
        );
    }

    [Fact]
    public async Task What_the_mode_blocks_and_what_fails_is_counted()
    {
        using var closed = new ClosedPort();
        await using var router = await RunningRouter.StartAsync(
            new SiteFile()
                .Mode("recovery")
                .Frontend("shut", closed.Address)
                .Host("www.*", "shut")
                .Api("failing", closed.Address)
                .Host("api.*", "failing")
        );
        await router.GetAsync("http://www.example.org/");
        await router.GetAsync("http://elsewhere.example.org/");
        await router.GetAsync("http://api.example.org/");

        var metrics = await ReadAsync(router);

        metrics.Single(series => series.Name == "router_blocked_total" && series.Has("mode", "recovery")).Value.Should().Be(2);
        metrics
            .Single(series =>
                series.Name == "router_forward_failures_total" && series.Has("backend", "failing") && series.Has("reason", "connect_failed")
            )
            .Value.Should()
            .Be(1);
    }

    [Fact]
    public async Task Reloads_are_counted_by_their_outcome()
    {
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://www.invalid"));
        await router.MisconfigureAsync("{");
        await router.ReconfigureAsync(SiteFile.Of("www.*", "http://www.invalid"));

        var metrics = await ReadAsync(router);

        metrics
            .Single(series => series.Name == "router_table_reloads_total" && series.Has("result", "refused"))
            .Value.Should()
            .BeGreaterThanOrEqualTo(1);
        metrics
            .Single(series => series.Name == "router_table_reloads_total" && series.Has("result", "accepted"))
            .Value.Should()
            .BeGreaterThanOrEqualTo(1);
    }

    [Fact]
    public async Task Two_applications_in_one_process_do_not_count_each_others_requests()
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var one = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        await using var other = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        await one.GetAsync("http://www.example.org/");

        await WaitForAsync(one, series => series.Name == "router_requests_total" && series.Has("backend", "www"));

        (await ReadAsync(other)).Should().NotContain(series => series.Name == "router_requests_total" && series.Has("backend", "www"));
    }

    [Fact]
    public async Task What_clients_send_makes_no_series()
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        await AskAsync(0);
        await WaitForAsync(router, series => IsCounted(series, "none", "safe"));
        await WaitForAsync(router, series => IsCounted(series, "none", "unsafe"));
        await WaitForAsync(router, series => IsCounted(series, "www.*", "unsafe"));
        // The server counts a request a moment after Router does.
        await WaitForAsync(
            router,
            series =>
                series.Name == "http_server_request_duration_seconds_count"
                && series.Has("http_request_method", "_OTHER")
                && series.Has("http_response_status_code", "200")
        );
        var before = await ReadAsync(router);
        for (var i = 1; i <= 50; i++)
            await AskAsync(i);
        var after = await WaitForAsync(router, series => IsCounted(series, "none", "safe") && series.Value >= 51);

        after.Has("backend", "none").Should().BeTrue();
        var all = (await ReadAsync(router)).Select(series => series.Name + series.Labels).ToArray();
        all.Should().NotContain(series => series.Contains("stranger") || series.Contains("secret") || series.Contains("BREW"));
        all.Except(before.Select(series => series.Name + series.Labels))
            .Where(series => !series.Contains("/_metrics") && !IsOfTheProcess(series))
            .Should()
            .BeEmpty("fifty more hosts, paths and methods are fifty more of the same");

        async Task AskAsync(int number)
        {
            await router.SendRawAsync($"GET /secret-{number} HTTP/1.1\r\nHost: stranger-{number}.example.org\r\n\r\n");
            await router.SendRawAsync($"BREW{number} / HTTP/1.1\r\nHost: stranger-{number}.example.org\r\n\r\n");
            await router.SendRawAsync($"BREW{number} /secret-{number} HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        }
    }

    private static bool IsCounted(Series series, string route, string methodClass) =>
        series.Name == "router_requests_total" && series.Has("route", route) && series.Has("method_class", methodClass);

    // The framework counts these for the whole process, and with it what the tests beside this one do.
    private static bool IsOfTheProcess(string series) =>
        series.Contains("otel_scope_name=\"System.Net.Http\"") || series.Contains("otel_scope_name=\"System.Runtime\"");

    // A scrape may be some hundred milliseconds old.
    private static async Task<Series> WaitForAsync(RunningRouter router, Func<Series, bool> condition)
    {
        using var deadline = new CancellationTokenSource(Deadlines.Limit);
        while (true)
        {
            var metrics = await ReadAsync(router);
            if (metrics.Any(condition))
                return metrics.First(condition);
            if (deadline.IsCancellationRequested)
                throw new TimeoutException(string.Join('\n', metrics.Select(series => $"{series.Name}{series.Labels} {series.Value}")));
        }
    }

    private static async Task<IReadOnlyList<Series>> ReadAsync(RunningRouter router)
    {
        // Without an HTTP client: the one of this process would be measured too.
        var text = (await router.SendRawAsync("GET /_metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")).Body;
        return [.. text.Split('\n').Where(line => line is not "" && line[0] != '#').Select(Series.Parse)];
    }

    private sealed record Series(string Name, string Labels, double Value)
    {
        public static Series Parse(string line)
        {
            var open = line.IndexOf('{');
            var close = line.LastIndexOf('}');
            var (name, labels, rest) =
                open < 0
                    ? (line.Split(' ')[0], "", line[line.IndexOf(' ')..])
                    : (line[..open], line[open..(close + 1)], line[(close + 1)..]);
            return new Series(name, labels, double.Parse(rest.Trim().Split(' ')[0], CultureInfo.InvariantCulture));
        }

        public bool Has(string label, string value) => Labels.Contains($"{label}=\"{value}\"", StringComparison.Ordinal);
    }
}
