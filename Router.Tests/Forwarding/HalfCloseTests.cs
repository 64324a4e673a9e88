using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Router.Proxy.InFlight;

namespace Router.Tests.Forwarding;

/// <summary>A client that closes its sending side right after its request waits for the response (RFC 9112 section 9.6).</summary>
public sealed class HalfCloseTests(HalfCloseTests.Site site) : IClassFixture<HalfCloseTests.Site>
{
    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 1)]
    [InlineData("GET / HTTP/1.0\r\nHost: a\r\n\r\n", 1)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", 1)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 1)]
    [InlineData("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n", 2)]
    public async Task A_client_that_sends_no_more_gets_its_responses(string requests, int count)
    {
        var router = site.Router;
        using var client = await router.ConnectAsync();

        await client.WriteAsync(requests);
        client.FinishWriting();

        var (text, ending) = await client.ReadToEndAsync();
        text.Split("here it is").Should().HaveCount(count + 1);
        ending.Should().Be(Ending.Finished);
        for (var i = 0; i < count; i++)
            (await router.AccessLog.NextAsync()).Number("status").Should().Be("200");
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("POST", "Content-Length: 5\r\n")]
    public async Task It_waits_for_a_backend_that_takes_its_time(string method, string length)
    {
        var clock = new ManualClock();
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("*", backend), clock);
        using var client = await router.ConnectAsync();
        await client.WriteAsync($"{method} / HTTP/1.1\r\nHost: a\r\n{length}\r\n{(length is "" ? "" : "hello")}");
        client.FinishWriting();
        using var connection = await backend.AcceptAsync();
        await connection.ReadThroughAsync(length is "" ? "\r\n\r\n" : "hello");
        await ClientGrace.FinishedAsync(ClientGrace.DeadlineIn(router.App.Services));

        clock.Advance(TimeSpan.FromSeconds(10));
        router.Site.Backends[0].InFlight.Should().Be(1);
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate");

        (await client.ReadToEndAsync()).Text.Should().EndWith("late");
        (await router.AccessLog.NextAsync()).Number("status").Should().Be("200");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_disconnects_later_or_resets_its_connection_is_gone(bool resets)
    {
        var clock = new ManualClock();
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("*", backend), clock);
        using var client = await router.ConnectAsync();
        await client.WriteAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
        using var connection = await backend.AcceptAsync();
        await connection.ReadThroughAsync("hello");

        if (resets)
        {
            client.Reset();
        }
        else
        {
            await ClientGrace.PassAsync(ClientGrace.DeadlineIn(router.App.Services), clock);
            client.Dispose();
        }

        (await router.AccessLog.NextAsync()).Number("status").Should().Be("499");
        // The backend's connection has ended with it.
        await connection.ReadToEndAsync();
    }

    [Fact]
    public async Task A_client_that_waits_and_then_resets_is_gone()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("*", backend), new ManualClock());
        using var client = await router.ConnectAsync();
        await client.WriteAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        client.FinishWriting();
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();

        client.Reset();

        (await router.AccessLog.NextAsync()).Number("status").Should().Be("499");
    }

    [Fact]
    public async Task A_body_that_the_client_did_not_finish_is_not_complete()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("*", backend), new ManualClock());
        using var client = await router.ConnectAsync();
        await client.WriteAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhello");
        using var connection = await backend.AcceptAsync();
        await connection.ReadThroughAsync("hello");

        client.FinishWriting();

        (await router.AccessLog.NextAsync()).Number("status").Should().Be("499");
        (await connection.ReadToEndAsync()).Text.Should().BeEmpty();
        UncertainOf(router).Should().ContainSingle();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_request_of_a_client_that_may_have_disconnected_is_not_forwarded_when_it_has_to_queue(bool closes)
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("*", backend).Set("Backends:www:MaxConcurrentRequests", "1").Set("Backends:www:QueueTimeout", "1m")
        );
        using var first = await router.ConnectAsync();
        await first.WriteAsync("GET /first HTTP/1.1\r\nHost: a\r\n\r\n");
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        using var waiting = await router.ConnectAsync();
        await waiting.WriteAsync("POST /waiting HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
        if (closes)
            waiting.Dispose();
        else
            waiting.FinishWriting();

        var line = await router.AccessLog.NextAsync();

        line.Number("status").Should().Be("499");
        UncertainOf(router).Should().BeEmpty();
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        (await first.ReadMessageAsync())!.Body.Should().Be("ok");
        await first.WriteAsync("GET /last HTTP/1.1\r\nHost: a\r\n\r\n");
        (await connection.ReadHeadAsync()).Should().StartWith("GET /last ");
        backend.Connections.Should().Be(1);
    }

    [Fact]
    public async Task A_client_that_closed_its_connection_at_once_is_noticed_when_the_response_is_sent()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("*", backend), new ManualClock());
        using var client = await router.ConnectAsync();
        await client.WriteAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
        client.Dispose();
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();

        await connection.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        var line = router.AccessLog.NextAsync();
        try
        {
            while (!line.IsCompleted)
            {
                await connection.WriteAsync("4\r\nmore\r\n");
                await Task.Yield();
            }
        }
        catch (IOException)
        {
            // Router has closed the backend's connection.
        }

        (await line).Number("status").Should().Be("499");
        UncertainOf(router).Should().ContainSingle().Which.Reason.Should().Be("client_gone");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_write_of_a_client_that_waits_is_counted_and_reported_as_any_other(bool completes)
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("*", backend), new ManualClock());
        using var client = await router.ConnectAsync();
        await client.WriteAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
        client.FinishWriting();
        using var connection = await backend.AcceptAsync();
        await connection.ReadThroughAsync("hello");
        router.Site.Backends[0].InFlight.Should().Be(1);

        if (completes)
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        else
            connection.Reset();

        (await client.ReadToEndAsync()).Text.Should().StartWith(completes ? "HTTP/1.1 200 " : "HTTP/1.1 502 ");
        (await router.AccessLog.NextAsync()).Number("status").Should().Be(completes ? "200" : "502");
        UncertainOf(router).Should().HaveCount(completes ? 0 : 1);
        await Eventually.Async(() => router.Site.Backends[0].InFlight == 0);
    }

    [Fact]
    public async Task A_client_that_asks_for_an_upgrade_and_sends_no_more_is_gone()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("*", backend), new ManualClock());
        using var client = await router.ConnectAsync();
        await client.WriteAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
        client.FinishWriting();

        (await router.AccessLog.NextAsync()).Number("status").Should().Be("499");
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n", false)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", true)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", false)]
    public async Task Over_TLS_a_client_that_sends_no_more_gets_its_response(string request, bool closesTransport)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, site.WithTls.Port).InTime();
        await using var tls = new SslStream(client.GetStream(), false, (_, theirs, _, _) => site.Certificate.Equals(theirs));
        await tls.AuthenticateAsClientAsync("localhost").InTime();

        await tls.WriteAsync(Encoding.Latin1.GetBytes(request)).InTime();
        // close_notify (RFC 8446 section 6.1), which closes one direction only.
        await tls.ShutdownAsync().InTime();
        if (closesTransport)
            client.Client.Shutdown(SocketShutdown.Send);

        using var reader = new StreamReader(tls);
        (await reader.ReadToEndAsync().InTime()).Should().StartWith("HTTP/1.1 200 ").And.EndWith("here it is");
    }

    private static IReadOnlyList<UncertainWrite> UncertainOf(RunningRouter router) =>
        router.App.Services.GetRequiredService<UncertainWrites>().Since(DateTimeOffset.MinValue);

    /// <summary>Two Routers by the real clock, one of them with TLS, and a backend that responds at once.</summary>
    public sealed class Site : IAsyncLifetime
    {
        private readonly string _directory = Directory.CreateTempSubdirectory("router-half-close-").FullName;
        private readonly RawBackend _backend = RawBackend.RespondingText("here it is");

        internal RunningRouter Router { get; private set; } = null!;

        internal ListeningRouter WithTls { get; private set; } = null!;

        internal X509Certificate2 Certificate { get; } = Certificates.Of("localhost");

        public async Task InitializeAsync()
        {
            Router = await RunningRouter.StartAsync(SiteFile.Of("*", _backend));
            WithTls = await ListeningRouter.StartAsync(SiteFile.Of("*", _backend), "Http1", Certificate.Write(_directory, "own"));
        }

        public async Task DisposeAsync()
        {
            await Router.DisposeAsync();
            await WithTls.DisposeAsync();
            await _backend.DisposeAsync();
            Certificate.Dispose();
            Directory.Delete(_directory, recursive: true);
        }
    }
}
