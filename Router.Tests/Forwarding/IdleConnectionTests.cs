namespace Router.Tests.Forwarding;

public sealed class IdleConnectionTests
{
    [Fact]
    public async Task An_idle_connection_that_the_backend_has_closed_is_closed_here_too_without_a_further_request()
    {
        var closedHere = new TaskCompletionSource();
        await using var backend = RawBackend.Start(async connection =>
        {
            await connection.ReadMessageAsync();
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            connection.FinishWriting();
            await connection.ReadToEndAsync();
            closedHere.SetResult();
        });
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));

        (await router.GetAsync("http://www.example.org/")).Status.Should().Be(200);

        await closedHere.Task.InTime();
    }
}
