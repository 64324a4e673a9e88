using Router.Configuration;

namespace Router.Tests;

public sealed class TracingTests(TracingTests.Site traced) : IClassFixture<TracingTests.Site>
{
    private const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    private const string Parent = "00f067aa0ba902b7";

    [Fact]
    public async Task Without_a_collector_the_trace_headers_are_forwarded_unchanged()
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));

        await router.GetAsync(
            "http://www.example.org/",
            ("traceparent", $"00-{Trace}-{Parent}-01"),
            ("tracestate", "a=1,b=2"),
            ("baggage", "k=v"),
            ("X-B3-TraceId", "463AC35C9F6413AD"),
            ("X-B3-SpanId", "a2fb4a1d1a96d312"),
            ("X-B3-ParentSpanId", "0020000000000001"),
            ("X-B3-Sampled", "d"),
            ("X-B3-Flags", "7")
        );

        var request = await backend.RequestAsync();
        request.Value("traceparent").Should().Be($"00-{Trace}-{Parent}-01");
        request.Value("tracestate").Should().Be("a=1,b=2");
        request.Value("baggage").Should().Be("k=v");
        request.Value("X-B3-TraceId").Should().Be("463AC35C9F6413AD");
        request.Value("X-B3-SpanId").Should().Be("a2fb4a1d1a96d312");
        request.Value("X-B3-ParentSpanId").Should().Be("0020000000000001");
        request.Value("X-B3-Sampled").Should().Be("d");
        request.Value("X-B3-Flags").Should().Be("7");
    }

    [Fact]
    public async Task Without_a_collector_no_trace_header_is_added()
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));

        await router.GetAsync("http://www.example.org/");

        (await backend.RequestAsync()).Headers.Select(header => header.Name).Should().NotContain(name => IsOfATrace(name));
    }

    [Fact]
    public async Task Spans_of_the_request_and_of_the_round_trip_to_the_backend_reach_the_collector()
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var collector = await TraceCollector.StartAsync();
        await using var router = await RunningRouter.StartAsync(
            Traced(SiteFile.Of("www.*", backend).Set("ApplicationName", "front-door-of-the-test"), collector)
        );

        await router.GetAsync("http://www.example.org/", ("traceparent", $"00-{Trace}-{Parent}-01"));

        var sent = Read((await backend.RequestAsync()).Value("traceparent"));
        await collector.HasAsync(
            Convert.FromHexString(Trace),
            Convert.FromHexString(Parent),
            Convert.FromHexString(sent.Span),
            "GET www.*",
            "router.backend",
            "http.response.status_code",
            "front-door-of-the-test"
        );
    }

    [Fact]
    public async Task The_backend_gets_Routers_span_instead_of_the_clients_in_both_forms()
    {
        var (backend, router) = (traced.Backend.Forget(), traced.Router);

        await router.GetAsync(
            "http://www.example.org/both-forms",
            ("traceparent", $"00-{Trace}-{Parent}-01"),
            ("tracestate", "a=1,b=2"),
            ("baggage", "k=v"),
            ("X-B3-TraceId", "463ac35c9f6413ad"),
            ("X-B3-SpanId", "a2fb4a1d1a96d312"),
            ("X-B3-ParentSpanId", "0020000000000001")
        );

        var request = backend.OnlyRequest;
        var sent = Read(request.Value("traceparent"));
        sent.Trace.Should().Be(Trace);
        sent.Span.Should().NotBe(Parent);
        sent.Flags.Should().Be("01");
        request.Value("tracestate").Should().Be("a=1,b=2");
        request.Value("baggage").Should().Be("k=v");
        request.Value("X-B3-TraceId").Should().Be(Trace);
        request.Value("X-B3-SpanId").Should().Be(sent.Span);
        request
            .Value("X-B3-ParentSpanId")
            .Should()
            .MatchRegex("^[0-9a-f]{16}$")
            .And.NotBe(Parent, "that is the span above the request's own");
        var line = await router.AccessLog.NextAsync("GET /both-forms HTTP/1.1");
        line.Text("requestId").Should().Be(Trace);
        line.Text("spanId").Should().Be(sent.Span);
    }

    [Fact]
    public async Task Whether_a_request_is_sampled_is_decided_by_the_trace_id_that_the_backend_gets()
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var collector = await TraceCollector.StartAsync();
        await using var router = await RunningRouter.StartAsync(
            Traced(
                SiteFile.Of("www.*", backend).AllowList("developers", "192.0.2.0/24").Set("RequestHeaders:SamplingTrust", "developers"),
                collector
            )
        );

        // The second and the fourth digit of the one are f, of the other not.
        await router.GetAsync(
            "http://www.example.org/",
            ("traceparent", $"00-afbf2f3577b34da6a3ce929d0e0e4736-{Parent}-01"),
            ("X-B3-TraceId", "463ac35c9f6413ad"),
            ("b3", "0")
        );

        var request = await backend.RequestAsync();
        request.Value("X-B3-Sampled").Should().Be("1");
        request.Values("b3").Should().BeEmpty("it would contradict the other headers");
    }

    [Theory]
    [InlineData(Trace, Trace)]
    [InlineData("463AC35C9F6413AD", "463ac35c9f6413ad")]
    public async Task A_client_that_speaks_B3_alone_is_the_parent(string trace, string sentOn)
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var collector = await TraceCollector.StartAsync();
        await using var router = await RunningRouter.StartAsync(Traced(SiteFile.Of("www.*", backend), collector));

        await router.GetAsync("http://www.example.org/", ("X-B3-TraceId", trace), ("X-B3-SpanId", "a2fb4a1d1a96d312"));

        var request = await backend.RequestAsync();
        var sent = Read(request.Value("traceparent"));
        sent.Trace.Should().Be(sentOn.PadLeft(32, '0'));
        request.Value("X-B3-TraceId").Should().Be(sentOn);
        request.Value("X-B3-SpanId").Should().Be(sent.Span);
        await collector.HasAsync(Convert.FromHexString(sent.Trace), Convert.FromHexString("a2fb4a1d1a96d312"));
    }

    [Theory]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", null, "00")]
    [InlineData(null, "0", "00")]
    [InlineData(null, "1", "01")]
    [InlineData(null, null, "01")]
    public async Task The_start_of_a_trace_decides_whether_it_is_recorded(string? parent, string? sampled, string flags)
    {
        var (backend, router) = (traced.Backend.Forget(), traced.Router);
        var headers = new List<(string, string)> { ("X-B3-TraceId", Trace), ("X-B3-SpanId", Parent) };
        if (parent is not null)
            headers.Add(("traceparent", parent));
        if (sampled is not null)
            headers.Add(("X-B3-Sampled", sampled));

        await router.GetAsync("http://www.example.org/", [.. headers]);

        var sent = Read(backend.OnlyRequest.Value("traceparent"));
        sent.Trace.Should().Be(Trace);
        sent.Flags.Should().Be(flags);
    }

    [Theory]
    [InlineData("traceparent", "rubbish")]
    [InlineData("traceparent", "00-00000000000000000000000000000000-00f067aa0ba902b7-01")]
    [InlineData("X-B3-TraceId", "rubbish")]
    [InlineData("X-B3-TraceId", "0000000000000000")]
    public async Task Invalid_trace_headers_start_a_new_trace_and_are_not_forwarded(string name, string value)
    {
        var (backend, router) = (traced.Backend.Forget(), traced.Router);

        await router.GetAsync("http://www.example.org/", (name, value), ("X-B3-SpanId", "a2fb4a1d1a96d312"));

        var request = backend.OnlyRequest;
        var sent = Read(request.Value("traceparent"));
        request.Value("X-B3-TraceId").Should().Be(sent.Trace);
        request.Value("X-B3-SpanId").Should().Be(sent.Span);
        await traced.Collector.HasAsync(Convert.FromHexString(sent.Trace));
    }

    [Fact]
    public async Task The_health_check_leaves_no_span()
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var collector = await TraceCollector.StartAsync();
        await using var router = await RunningRouter.StartAsync(Traced(SiteFile.Of("www.*", backend), collector));
        const string health = "11111111111111111111111111111111";

        await router.GetAsync("http://localhost/_status", ("traceparent", $"00-{health}-{Parent}-01"));
        await router.GetAsync("http://www.example.org/", ("traceparent", $"00-{Trace}-{Parent}-01"));

        await collector.HasAsync(Convert.FromHexString(Trace), "GET www.*");
        collector.Has(Convert.FromHexString(health)).Should().BeFalse();
    }

    [Fact]
    public async Task An_error_is_recorded_in_the_span()
    {
        using var nobody = new ClosedPort();
        await using var collector = await TraceCollector.StartAsync();
        await using var router = await RunningRouter.StartAsync(Traced(SiteFile.Of("www.*", nobody.Address), collector));

        await router.GetAsync("http://www.example.org/", ("traceparent", $"00-{Trace}-{Parent}-01"));

        await collector.HasAsync("error.type", "connect_failed");
    }

    [Fact]
    public async Task A_collector_that_does_not_respond_delays_neither_requests_nor_the_stop()
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var silent = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(
            SiteFile
                .Of("www.*", backend)
                .Beside("OTEL_EXPORTER_OTLP_ENDPOINT", silent.Address)
                .Beside("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
        );

        (await router.GetAsync("http://www.example.org/")).Status.Should().Be(200);
        // The exporter by itself waits for five seconds.
        await Task.Run(StopAsync).PromptlyAsync(TimeSpan.FromSeconds(4));

        async Task StopAsync()
        {
            await router.App.StopAsync();
            await router.App.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "not an address")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")]
    public async Task An_implausible_variable_prevents_startup(string name, string value)
    {
        var start = async () => await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://www.invalid").Beside(name, value));

        (await start.Should().ThrowAsync<InvalidConfigurationException>())
            .Which.Errors.All.Should()
            .ContainSingle()
            .Which.Key.Should()
            .Be(name);
    }

    [Theory]
    [InlineData("OTEL_SDK_DISABLED", "true")]
    [InlineData("OTEL_TRACES_EXPORTER", "none")]
    public async Task The_standard_variables_switch_it_off_too(string name, string value)
    {
        await using var backend = WireMockBackend.RespondingText("hello");
        await using var collector = await TraceCollector.StartAsync();
        await using var router = await RunningRouter.StartAsync(Traced(SiteFile.Of("www.*", backend), collector).Beside(name, value));

        await router.GetAsync("http://www.example.org/");

        (await backend.RequestAsync()).Headers.Select(header => header.Name).Should().NotContain(header => IsOfATrace(header));
    }

    private static SiteFile Traced(SiteFile site, TraceCollector collector) =>
        site.Beside("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address)
            .Beside("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
            .Beside("OTEL_BSP_SCHEDULE_DELAY", "20");

    private static (string Trace, string Span, string Flags) Read(string? parent)
    {
        parent.Should().MatchRegex("^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$");
        var parts = parent!.Split('-');
        return (parts[1], parts[2], parts[3]);
    }

    private static bool IsOfATrace(string name) =>
        name.StartsWith("trace", StringComparison.OrdinalIgnoreCase) || name.StartsWith("X-B3", StringComparison.OrdinalIgnoreCase);

    /// <summary>One Router that reports to a collector, for cases that look at what the backend gets.</summary>
    public sealed class Site : IAsyncLifetime
    {
        internal WireMockBackend Backend { get; } = WireMockBackend.RespondingText("ok");

        internal TraceCollector Collector { get; private set; } = null!;

        internal RunningRouter Router { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Collector = await TraceCollector.StartAsync();
            Router = await RunningRouter.StartAsync(Traced(SiteFile.Of("www.*", Backend.Address), Collector));
        }

        public async Task DisposeAsync()
        {
            await Router.DisposeAsync();
            await Collector.DisposeAsync();
            await Backend.DisposeAsync();
        }
    }
}
