namespace Router.Tests.Forwarding;

/// <summary>Request bodies over HTTP/2: a stream that is slow or has no body is no other stream's business.</summary>
public sealed class Http2UploadTests(Http2UploadTests.Patient site) : IClassFixture<Http2UploadTests.Patient>
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_slow_body_gets_a_408_and_the_other_requests_on_its_connection_go_on()
    {
        var clock = new ManualClock();
        await using var backend = RawBackend.Start();
        await using var router = await ListeningRouter.StartAsync(
            Site(backend.Address).Set("Backends:www:IdleTimeout", "24h"),
            "Http2",
            time: clock
        );
        using var client = await router.ConnectAsync();
        byte[] request = [.. Http2Frames.Preface, .. Headers(1, false, "POST"), .. Http2Frames.Data(1, false, "hello")];
        await client.WriteAsync(request);
        using (var slow = await backend.AcceptAsync())
        {
            await slow.ReadThroughAsync("hello");

            var response = new Http2Client(client);
            var reading = response.ReadUntilAsync(one => one.HasBegun);
            await Eventually.Async(() =>
            {
                clock.Advance(Second);
                return reading.IsCompleted;
            });

            (await reading).Should().BeTrue();
            (await router.AccessLog.NextAsync()).Number("status").Should().Be("408");
        }

        (await router.Log.NextAsync("Forwarding failed")).Should().Contain("request_body_too_slow");
        await client.WriteAsync(Headers(3, true, "GET"));
        using var next = await backend.AcceptAsync();
        await next.ReadHeadAsync();
        await next.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        (await router.AccessLog.NextAsync()).Number("status").Should().Be("200");
    }

    [Fact]
    public async Task The_stream_of_a_gRPC_call_may_pause_until_the_IdleTimeout_of_its_backend()
    {
        var clock = new ManualClock();
        await using var backend = RawBackend.Start();
        await using var router = await ListeningRouter.StartAsync(
            Site(backend.Address).Set("Backends:www:IdleTimeout", "60s"),
            "Http2",
            time: clock
        );
        using var client = await router.ConnectAsync();
        var header = Headers(1, false, "POST", ("content-type", "application/grpc+proto"));
        byte[] request = [.. Http2Frames.Preface, .. header, .. Http2Frames.Data(1, false, "hello")];
        await client.WriteAsync(request);
        using var connection = await backend.AcceptAsync();
        await connection.ReadThroughAsync("hello");

        for (var i = 0; i < 50; i++)
            clock.Advance(Second);
        await client.WriteAsync(Http2Frames.Data(1, false, "more"));

        await connection.ReadThroughAsync("more");
        var logged = router.AccessLog.NextAsync();
        await Eventually.Async(() =>
        {
            clock.Advance(Second);
            return logged.IsCompleted;
        });
        (await logged).Number("status").Should().Be("504");
    }

    [Theory]
    [InlineData("POST", true)]
    [InlineData("PUT", true)]
    [InlineData("PATCH", true)]
    [InlineData("GET", false)]
    [InlineData("DELETE", false)]
    public async Task A_request_without_a_body_declares_a_length_of_zero_only_if_its_method_expects_a_body(string method, bool says)
    {
        using var client = await site.Router.ConnectAsync();

        byte[] request = [.. Http2Frames.Preface, .. Headers(1, true, method)];
        await client.WriteAsync(request);

        using var connection = await site.Backend.AcceptAsync();
        var head = await connection.ReadHeadAsync();
        head.Contains("\r\nContent-Length: 0\r\n", StringComparison.Ordinal).Should().Be(says);
        head.Should().NotContain("Transfer-Encoding");
    }

    private static SiteFile Site(string address) => SiteFile.Of("*", address).Set("Backends:www:ResponseTimeout", "24h");

    private static byte[] Headers(int stream, bool endsStream, string method, params (string Name, string Value)[] headers) =>
        Http2Frames.Headers(
            stream,
            endsStream,
            [(":method", method), (":scheme", "http"), (":authority", "www.example.org"), (":path", "/"), .. headers]
        );

    /// <summary>A site whose backend may take its time.</summary>
    public sealed class Patient() : Http2Site(Site);
}
