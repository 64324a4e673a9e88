namespace Router.Tests.Forwarding;

public sealed class SmallPieceTests(SmallPieceTests.Site site) : IClassFixture<SmallPieceTests.Site>
{
    [Theory]
    [InlineData("Transfer-Encoding: chunked")]
    [InlineData("Connection: close")]
    [InlineData("Content-Length: 1000")]
    [InlineData("Transfer-Encoding: chunked\r\nTrailer: X-Sum")]
    public async Task Each_piece_of_a_response_reaches_the_client_before_the_next_is_made(string framing)
    {
        var (router, backend) = (site.Router, site.Backend);
        using var client = await router.ConnectAsync();

        await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        await connection.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{framing}\r\n\r\n");
        (await client.ReadHeadAsync()).Should().Contain("text/event-stream");
        for (var i = 0; i < 50; i++)
        {
            await connection.WriteAsync(
                framing.Contains("chunked", StringComparison.Ordinal) ? $"8\r\ndata {i:00}\n\r\n" : $"data {i:00}\n"
            );
            await client.ReadThroughAsync($"data {i:00}\n");
        }
    }

    [Fact]
    public async Task Each_piece_of_an_upload_reaches_the_backend_before_the_next_is_made()
    {
        var (router, backend) = (site.Router, site.Backend);
        using var client = await router.ConnectAsync();

        await client.WriteAsync("POST / HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 100\r\n\r\n");
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        for (var i = 0; i < 50; i++)
        {
            await client.WriteAsync($"{i:00}");
            (await connection.ReadExactlyAsync(2)).Should().Be($"{i:00}");
        }
    }

    [Fact]
    public async Task A_client_that_reads_nothing_holds_the_backend_back_and_fills_no_memory()
    {
        var (router, backend) = (site.Router, site.Backend);
        using var client = await router.ConnectAsync();

        await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        using var connection = await backend.AcceptAsync();
        await connection.ReadHeadAsync();
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");

        // The kernel's buffers of two connections, and Router's own few pages.
        (await connection.WriteUntilItStallsAsync(KernelBuffers.FarMore, TimeSpan.FromMilliseconds(500)))
            .Should()
            .BeLessThanOrEqualTo(KernelBuffers.Max);
    }

    [Fact]
    public async Task A_backend_that_reads_nothing_holds_the_client_back_and_fills_no_memory()
    {
        await using var backend = RawBackend.Start();
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", backend).Set("Hosts:www.*:MaxRequestBody", "1GiB"),
            new ManualClock()
        );
        using var client = await router.ConnectAsync();

        await client.WriteAsync("POST / HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 1000000000\r\n\r\n");
        using var connection = await backend.AcceptAsync();

        (await client.WriteUntilItStallsAsync(KernelBuffers.FarMore, TimeSpan.FromMilliseconds(500)))
            .Should()
            .BeLessThanOrEqualTo(KernelBuffers.Max);
    }

    /// <summary>A site whose clock stands still, so that no time limit ends a request.</summary>
    public sealed class Site() : RawSite(address => SiteFile.Of("www.*", address), new ManualClock());
}
