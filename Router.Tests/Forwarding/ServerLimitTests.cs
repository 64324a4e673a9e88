using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Router.Serving;

namespace Router.Tests.Forwarding;

public sealed class ServerLimitTests
{
    [Fact]
    public async Task The_request_line_a_header_and_the_number_of_headers_have_limits()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await RunningRouter.StartAsync(
            SiteFile
                .Of("*", backend.Address)
                .Set("Limits:MaxRequestLine", "1000")
                .Set("Limits:MaxHeaderSize", "2000")
                .Set("Limits:MaxHeaderCount", "20")
        );

        (await StatusAsync(router, $"GET /{new string('a', 1000)} HTTP/1.1\r\nHost: a\r\n\r\n")).Should().Be(414);
        (await StatusAsync(router, $"GET / HTTP/1.1\r\nHost: a\r\nX: {new string('a', 2000)}\r\n\r\n")).Should().Be(431);
        var many = new StringBuilder();
        for (var i = 0; i < 30; i++)
            many.Append("X-").Append(i).Append(": 1\r\n");
        (await StatusAsync(router, $"GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n")).Should().Be(431);
        (await StatusAsync(router, $"GET /{new string('a', 900)} HTTP/1.1\r\nHost: a\r\nX: {new string('a', 1800)}\r\n\r\n"))
            .Should()
            .Be(200);
        backend.Requests.Should().HaveCount(1);
    }

    [Fact]
    public async Task Beyond_the_number_of_connections_a_new_one_is_closed()
    {
        await using var backend = WireMockBackend.RespondingText("ok");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("*", backend.Address).Set("Limits:MaxConnections", "2"));
        using var first = await router.ConnectAsync();
        using var second = await router.ConnectAsync();
        foreach (var client in new[] { first, second })
        {
            await client.WriteAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            (await client.ReadMessageAsync())!.Status.Should().Be(200);
        }

        // From this machine a few more are served, for its health check.
        var local = new List<RawConnection>();
        for (var i = 0; i < ClientConnections.LocalReserve; i++)
        {
            local.Add(await router.ConnectAsync());
            await local[i].WriteAsync("GET /_status HTTP/1.1\r\nHost: localhost\r\n\r\n");
            (await local[i].ReadMessageAsync())!.Status.Should().Be(200);
        }

        using var last = await router.ConnectAsync();
        (await last.ReadToEndAsync()).Text.Should().BeEmpty();
        (await router.Log.NextAsync("client connections is reached"))
            .Should()
            .StartWith("Warning: The limit of 2 client connections is reached")
            .And.Contain("1 more were closed");
        await local[0].WriteAsync("GET /_metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
        (await local[0].ReadMessageAsync())!
            .Body.Should()
            .MatchRegex("router_connections_limit(\\{[^}]*\\})? 2\n")
            .And.MatchRegex("router_connections_refused_total(\\{[^}]*\\})? 1\n")
            .And.MatchRegex("router_connections(\\{[^}]*\\})? 18\n");
        first.Dispose();
        await Eventually.Async(() => router.App.Services.GetRequiredService<ClientConnections>().Open < 2 + ClientConnections.LocalReserve);
        using var next = await router.ConnectAsync();
        await next.WriteAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        (await next.ReadMessageAsync())!.Status.Should().Be(200);
        foreach (var connection in local)
            connection.Dispose();
    }

    [Theory]
    [InlineData(65_536, 32_640)]
    [InlineData(1_024, 384)]
    [InlineData(100, 16)]
    public void The_limit_of_open_files_has_room_for_clients_their_backends_and_a_reserve(int descriptors, int clients) =>
        DescriptorLimit.ClientsFor(descriptors).Should().Be(clients);

    [Theory]
    [InlineData(
        "Limit                     Soft Limit           Hard Limit           Units\n"
            + "Max open files            1024                 524288               files\n",
        1_024
    )]
    [InlineData("Max open files            unlimited            unlimited            files\n", null)]
    [InlineData("Max processes             7                    7                    processes\n", null)]
    public void The_limit_of_open_files_is_read_where_the_system_says_it(string text, int? limit)
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, text);

        DescriptorLimit.Read(file).Should().Be(limit);

        File.Delete(file);
        DescriptorLimit.Read(file).Should().BeNull();
    }

    [Fact]
    public async Task Without_a_configured_number_of_connections_the_limit_of_open_files_sets_it()
    {
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("*", "http://backend.invalid"));

        router
            .App.Services.GetRequiredService<ClientConnections>()
            .Limit.Should()
            .Be(DescriptorLimit.Current is { } descriptors ? DescriptorLimit.ClientsFor(descriptors) : int.MaxValue);
    }

    [Fact]
    public async Task A_header_that_does_not_arrive_is_408()
    {
        await using var backend = new RecordingBackend();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("*", backend.Address).Set("Limits:HeaderTimeout", "1s"));

        (await StatusAsync(router, "GET / HTTP/1.1\r\nHos")).Should().Be(408);
        backend.Connections.Should().Be(0);
    }

    [Fact]
    public async Task A_body_that_arrives_more_slowly_than_the_minimum_rate_is_408()
    {
        // A raw one: WireMock.Net's server has the same timeout, and would respond first.
        await using var backend = new RecordingBackend();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("*", backend.Address));

        // The server's timeout is five seconds by its own clock.
        (await StatusAsync(router, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nx"))
            .Should()
            .Be(408);
    }

    private static async Task<int> StatusAsync(RunningRouter router, string bytes)
    {
        using var client = await router.ConnectAsync();
        await client.WriteAsync(bytes);
        return new RawMessage(await client.ReadHeadAsync()).Status;
    }

    [Fact]
    public async Task A_client_may_stop_reading_a_response_for_a_minute_unless_configured_otherwise()
    {
        const string backend = "http://backend.invalid";
        await using var usual = await RunningRouter.StartAsync(SiteFile.Of("*", backend));
        await using var other = await RunningRouter.StartAsync(SiteFile.Of("*", backend).Set("Limits:ResponseGrace", "90s"));

        GraceOf(usual).Should().Be(TimeSpan.FromSeconds(60) + ServerLimits.StreamTimeoutMargin);
        GraceOf(other).Should().Be(TimeSpan.FromSeconds(90) + ServerLimits.StreamTimeoutMargin);
        SiteFile
            .Of("*", backend)
            .Set("Limits:ResponseGrace", "1s")
            .Read()
            .Errors.Should()
            .ContainSingle()
            .Which.ToString()
            .Should()
            .Contain("Limits:ResponseGrace")
            .And.Contain("Give more than 1s");

        static TimeSpan? GraceOf(RunningRouter router) =>
            router.App.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits.MinResponseDataRate?.GracePeriod;
    }
}
