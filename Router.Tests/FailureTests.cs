namespace Router.Tests;

public sealed class FailureTests(PlainSite site) : IClassFixture<PlainSite>
{
    private readonly RunningRouter _router = site.Router;
    private readonly RecordingBackend _backend = site.Backend.Forget();

    [Fact]
    public async Task A_backend_that_refuses_is_a_502()
    {
        using var closed = new ClosedPort();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", closed.Address));

        var reply = await router.GetAsync("http://www.example.org/");

        reply.Status.Should().Be(502);
        reply.Value("Cache-Control").Should().Be("no-store");
        reply.Value("Content-Type").Should().StartWith("text/html");
        reply.Body.Should().NotContain("127.0.0.1", "a response does not reveal where the applications are").And.NotContain("Exception");
    }

    [Fact]
    public async Task A_backend_whose_name_has_no_address_is_a_502()
    {
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", "http://no-such-host.invalid").Set("Backends:www:ConnectTimeout", "20s")
        );

        (await router.GetAsync("http://www.example.org/")).Status.Should().Be(502);
        (await router.Log.NextAsync("Forwarding failed")).Should().Contain("name_not_resolved").And.Contain("backend www");
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le")]
    [InlineData("SSH-2.0-OpenSSH_9\r\n\r\n")]
    [InlineData("HTTP/1.1 abc OK\r\n\r\n")]
    public async Task A_backend_that_disconnects_or_sends_garbage_before_its_response_is_a_502(string said)
    {
        _backend.RespondWith(async connection =>
        {
            await connection.WriteAsync(said);
            connection.Dispose();
        });

        (await _router.GetAsync("http://www.example.org/")).Status.Should().Be(502);
    }

    [Fact]
    public async Task A_backend_that_resets_the_connection_before_its_response_is_a_502()
    {
        _backend.RespondWith(connection =>
        {
            connection.Reset();
            return Task.CompletedTask;
        });

        var reply = await _router.GetAsync("http://www.example.org/");

        reply.Status.Should().Be(502);
    }

    [Fact]
    public async Task A_backend_that_stays_silent_is_a_504()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend).Set("Backends:www:ResponseTimeout", "100ms"));

        (await router.GetAsync("http://www.example.org/")).Status.Should().Be(504);

        using var atBackend = await backend.AcceptAsync();
        await atBackend.ReadToEndAsync();
    }

    [Fact]
    public async Task A_response_that_begins_in_time_may_pause_for_any_time_without_a_limit()
    {
        var clock = new ManualClock();
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", backend).Set("Backends:www:IdleTimeout", "off"),
            clock
        );
        using var client = await router.ConnectAsync();
        await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        using var atBackend = await backend.AcceptAsync();
        await atBackend.ReadHeadAsync();

        clock.Advance(TimeSpan.FromSeconds(59));
        await atBackend.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nfirst");
        await client.ReadThroughAsync("first");
        clock.Advance(TimeSpan.FromHours(1));
        await atBackend.WriteAsync("second");

        await client.ReadThroughAsync("second");
    }

    [Fact]
    public async Task A_response_may_take_a_minute_to_begin()
    {
        var clock = new ManualClock();
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend), clock);
        var asked = router.GetAsync("http://www.example.org/");
        using var atBackend = await backend.AcceptAsync();
        await atBackend.ReadHeadAsync();

        clock.Advance(TimeSpan.FromSeconds(60));

        (await asked).Status.Should().Be(504);
    }

    [Fact]
    public async Task An_upload_that_takes_longer_than_the_limit_does_not_count_as_backend_time()
    {
        var clock = new ManualClock();
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", backend).Set("Backends:www:IdleTimeout", "off"),
            clock
        );
        using var client = await router.ConnectAsync();
        await client.WriteAsync("POST / HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 11\r\n\r\nfirst");
        using var atBackend = await backend.AcceptAsync();
        await atBackend.ReadThroughAsync("first");

        clock.Advance(TimeSpan.FromMinutes(2));
        await client.WriteAsync("second");
        await atBackend.ReadThroughAsync("second");
        await atBackend.WriteAsync("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");

        (await client.ReadMessageAsync())!.Status.Should().Be(201);
    }

    [Fact]
    public async Task A_backend_that_does_not_read_an_upload_is_a_504()
    {
        await using var backend = RawBackend.Start();
        var clock = new ManualClock();
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", backend).Set("Hosts:www.*:MaxRequestBody", "1GiB"),
            clock
        );
        using var client = await router.ConnectAsync();
        await client.WriteAsync($"POST / HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: {KernelBuffers.FarMore}\r\n\r\n");
        // More than the server's own buffer of 1 MiB, which is full before it stops reading, and not everything.
        (await client.WriteUntilItStallsAsync(KernelBuffers.FarMore, TimeSpan.FromSeconds(1)))
            .Should()
            .BeInRange(1 << 20, KernelBuffers.FarMore - 1);

        clock.Advance(TimeSpan.FromSeconds(60));

        (await client.ReadHeadAsync()).Should().StartWith("HTTP/1.1 504");
    }

    [Theory]
    [InlineData("Content-Length: 100\r\n\r\nhalf", false)]
    [InlineData("Content-Length: 100\r\n\r\nhalf", true)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", false)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", true)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n8\r\nanot", false)]
    public async Task A_response_that_breaks_in_the_middle_aborts_the_clients_connection(string response, bool reset)
    {
        var half = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _backend.RespondWith(async connection =>
        {
            await connection.WriteAsync($"HTTP/1.1 200 OK\r\n{response}");
            await half.Task;
            if (reset)
                connection.Reset();
            else
                connection.Dispose();
        });
        using var client = await _router.ConnectAsync();
        await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        await client.ReadThroughAsync("half");

        half.SetResult();
        var (rest, _) = await client.ReadToEndAsync();

        rest.Should().NotContain("0\r\n\r\n", "half a response must never look like a whole one");
        client.Received.Should().StartWith("HTTP/1.1 200 OK").And.NotContain("HTTP/1.1 502");
        (await _router.Log.NextAsync("broken_in_response")).Should().Contain("Forwarding failed");
    }

    [Fact]
    public async Task A_browser_sees_that_a_response_broke()
    {
        _backend.RespondWith(async connection =>
        {
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
            connection.Dispose();
        });

        var get = () => _router.GetAsync("http://www.example.org/");

        await get.Should().ThrowAsync<HttpRequestException>();
    }

    [Theory]
    [InlineData("POST", "Content-Length: 7\r\n\r\norder=1")]
    [InlineData("POST", "Content-Length: 0\r\n\r\n")]
    [InlineData("POST", "\r\n")]
    [InlineData("BREW", "\r\n")]
    public async Task A_request_that_may_have_been_carried_out_is_not_sent_again(string method, string rest)
    {
        foreach (var end in new Action<RawConnection>[] { connection => connection.Reset(), connection => connection.Dispose() })
            await OneRequestIsSentOnce(method, rest, end);
    }

    private async Task OneRequestIsSentOnce(string method, string rest, Action<RawConnection> end)
    {
        var connections = new List<RawConnection>();
        _backend.RespondWith(connection =>
        {
            connections.Add(connection);
            return connection.WriteAsync(RecordingBackend.Ok);
        });
        (await _router.GetAsync("http://www.example.org/")).Status.Should().Be(200);
        // The second request on the connection finds it dead.
        _backend.RespondWith(connection =>
        {
            connections.Add(connection);
            end(connection);
            return Task.CompletedTask;
        });

        var reply = await _router.SendRawAsync($"{method} /order HTTP/1.1\r\nHost: www.example.org\r\n{rest}");

        reply.Status.Should().Be(502);
        _backend.OnlyRequest.Target.Should().Be("/order");
        connections.Should().HaveCount(2);
        connections.Distinct().Should().ContainSingle();
    }

    [Fact]
    public async Task After_a_failure_the_next_request_is_served_normally()
    {
        var broken = 1;
        await using var backend = RawBackend.Start(async connection =>
        {
            await connection.ReadMessageAsync();
            if (Interlocked.Exchange(ref broken, 0) == 1)
                connection.Reset();
            else
                await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        });
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));

        (await router.GetAsync("http://www.example.org/")).Status.Should().Be(502);
        (await router.GetAsync("http://www.example.org/")).Body.Should().Be("ok");
    }

    [Fact]
    public async Task An_incomplete_request_body_is_a_client_error()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        using var client = await router.ConnectAsync();
        await client.WriteAsync("POST / HTTP/1.1\r\nHost: www.example.org\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
        using var atBackend = await backend.AcceptAsync();
        await atBackend.ReadThroughAsync("first");

        await client.WriteAsync("nonsense\r\n");

        (await client.ReadMessageAsync())!.Status.Should().Be(400);
        (await atBackend.ReadToEndAsync()).Text.Should().NotContain("0\r\n\r\n", "half a request must never look like a whole one");
    }

    [Fact]
    public async Task An_API_gets_failures_as_problem_documents()
    {
        using var closed = new ClosedPort();
        await using var router = await RunningRouter.StartAsync(new SiteFile().Api("api", closed.Address).Host("api.*", "api"));

        var reply = await router.GetAsync("http://api.example.org/");

        reply.Status.Should().Be(502);
        reply.Value("Content-Type").Should().Be("application/problem+json");
        reply.Body.Should().Contain("\"status\":502");
    }
}
