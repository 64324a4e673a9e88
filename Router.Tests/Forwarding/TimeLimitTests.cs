namespace Router.Tests.Forwarding;

public sealed class TimeLimitTests
{
    private static readonly string Get = "GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n";

    [Fact]
    public async Task A_response_that_does_not_begin_in_time_is_504_and_the_log_says_why_and_where()
    {
        var clock = new ManualClock();
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend), clock);
        using var client = await router.ConnectAsync();

        await client.WriteAsync(Get);
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        clock.Advance(TimeSpan.FromSeconds(59));
        clock.Advance(TimeSpan.FromSeconds(2));

        (await client.ReadMessageAsync())!.Status.Should().Be(504);
        (await router.Log.NextAsync("Forwarding failed")).Should().Contain("response_timeout").And.Contain("backend www");
        (await connection.ReadToEndAsync()).Text.Should().BeEmpty();
    }

    [Fact]
    public async Task The_response_timeout_starts_when_the_request_has_been_sent()
    {
        var clock = new ManualClock();
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend), clock);
        using var client = await router.ConnectAsync();

        await client.WriteAsync("POST / HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 5\r\n\r\n");
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        foreach (var letter in "hello")
        {
            clock.Advance(TimeSpan.FromSeconds(50));
            await client.WriteAsync(letter.ToString());
            await connection.ReadExactlyAsync(1);
        }

        clock.Advance(TimeSpan.FromSeconds(50));
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        (await client.ReadMessageAsync())!.Status.Should().Be(200);
    }

    [Fact]
    public async Task An_upload_that_pauses_too_long_is_504()
    {
        var clock = new ManualClock();
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend).Set("Backends:www:IdleTimeout", "5s"), clock);
        using var client = await router.ConnectAsync();

        await client.WriteAsync("POST / HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 5\r\n\r\nhe");
        using var connection = await backend.AcceptAsync();
        await connection.ReadThroughAsync("he");

        (await WhileTimePassesAsync(clock, client.ReadMessageAsync()))!.Status.Should().Be(504);
        await router.Log.NextAsync("idle_timeout");
    }

    [Fact]
    public async Task A_response_that_pauses_too_long_ends_the_clients_connection()
    {
        var clock = new ManualClock();
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend).Set("Backends:www:IdleTimeout", "5s"), clock);
        using var client = await router.ConnectAsync();

        await client.WriteAsync(Get);
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
        await client.ReadHeadAsync();
        foreach (var letter in "hell")
        {
            clock.Advance(TimeSpan.FromSeconds(4));
            await connection.WriteAsync(letter.ToString());
            await client.ReadExactlyAsync(1);
        }

        (await WhileTimePassesAsync(clock, client.ReadToEndAsync())).Ending.Should().Be(Ending.Reset);
        (await router.Log.NextAsync("Forwarding failed")).Should().Contain("idle_timeout").And.Contain("backend www");
    }

    [Fact]
    public async Task The_whole_request_may_have_a_limit()
    {
        var clock = new ManualClock();
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", backend).Set("Backends:www:RequestTimeout", "7s"),
            clock
        );
        using var client = await router.ConnectAsync();

        await client.WriteAsync(Get);
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
        await client.ReadHeadAsync();
        clock.Advance(TimeSpan.FromSeconds(4));
        await connection.WriteAsync("h");
        await client.ReadExactlyAsync(1);
        clock.Advance(TimeSpan.FromSeconds(4));

        (await client.ReadToEndAsync()).Ending.Should().Be(Ending.Reset);
        await router.Log.NextAsync("request_timeout");
    }

    [Fact]
    public async Task A_connection_that_is_not_made_in_time_is_504()
    {
        // 192.0.2.0/24 leads nowhere (RFC 5737); where it is refused at once there is nothing to wait for.
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", "http://192.0.2.1:81").Set("Backends:www:ConnectTimeout", "100ms")
        );

        var reply = await router.GetAsync("http://www.example.org/");

        reply.Status.Should().BeOneOf(504, 502);
        (await router.Log.NextAsync("Forwarding failed")).Should().MatchRegex("connect_(timeout|failed) \\(backend www");
    }

    [Fact]
    public async Task An_unknown_name_is_a_502()
    {
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://nobody.invalid:81"));

        (await router.GetAsync("http://www.example.org/")).Status.Should().Be(502);
        (await router.Log.NextAsync("Forwarding failed")).Should().Contain("name_not_resolved").And.Contain("backend www");
    }

    [Fact]
    public async Task A_slow_reader_is_no_pause_of_the_backend()
    {
        var clock = new ManualClock();
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend).Set("Backends:www:IdleTimeout", "5s"), clock);
        using var client = await router.ConnectAsync();

        await client.WriteAsync(Get);
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        await connection.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: {KernelBuffers.FarMore}\r\n\r\n");
        var written = await connection.WriteUntilItStallsAsync(KernelBuffers.FarMore, TimeSpan.FromMilliseconds(500));
        written
            .Should()
            .BeInRange(64 << 10, KernelBuffers.FarMore - 1, "the server's own buffer of 64 KiB is full before it stops taking a response");
        clock.Advance(TimeSpan.FromSeconds(6));
        clock.Advance(TimeSpan.FromSeconds(6));

        await client.ReadHeadAsync();
        for (var left = written; left > 0; left -= 50_000)
            await client.SkipAsync((int)Math.Min(left, 50_000));
    }

    // What has passed is noted a moment after it has passed, by the clock as it is then: a pause may begin after the first step.
    private static async Task<T> WhileTimePassesAsync<T>(ManualClock clock, Task<T> end)
    {
        await Eventually.Async(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(6));
            return end.IsCompleted;
        });
        return await end;
    }
}
