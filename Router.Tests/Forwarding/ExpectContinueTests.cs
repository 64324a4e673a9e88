namespace Router.Tests.Forwarding;

public sealed class ExpectContinueTests
{
    private const string Asking = "POST / HTTP/1.1\r\nHost: www.example.org\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";

    [Fact]
    public async Task The_backends_100_Continue_reaches_the_client_and_then_the_body_reaches_the_backend()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend), new ManualClock());
        using var client = await router.ConnectAsync();

        await client.WriteAsync(Asking);
        using var connection = await backend.AcceptAsync();
        (await connection.ReadHeadAsync()).Should().Contain("Expect: 100-continue");
        await connection.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n");
        (await client.ReadHeadAsync()).Should().StartWith("HTTP/1.1 100 ");
        await client.WriteAsync("hello");
        (await connection.ReadExactlyAsync(5)).Should().Be("hello");
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

        (await client.ReadMessageAsync())!.Body.Should().Be("ok");
    }

    [Fact]
    public async Task A_refusal_reaches_the_client_before_it_sends_its_body_and_the_next_request_is_not_mistaken_for_it()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend), new ManualClock());
        using var client = await router.ConnectAsync();

        await client.WriteAsync(Asking);
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        await connection.WriteAsync("HTTP/1.1 401 Who?\r\nContent-Length: 2\r\n\r\nno");
        (await client.ReadMessageAsync())!.Status.Should().Be(401);

        using var other = await router.ConnectAsync();
        await other.WriteAsync("GET /other HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        using var next = await backend.AcceptAsync();
        (await next.ReadMessageAsync())!.Target.Should().Be("/other");
        (await connection.ReadToEndAsync()).Text.Should().BeEmpty();
    }

    [Fact]
    public async Task A_backend_that_sends_no_100_Continue_gets_the_body_after_a_while()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        using var client = await router.ConnectAsync();

        await client.WriteAsync(Asking + "hello");
        using var connection = await backend.AcceptAsync();
        (await connection.ReadMessageAsync())!.Body.Should().Be("hello");
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

        (await client.ReadHeadAsync()).Should().StartWith("HTTP/1.1 ");
    }
}
