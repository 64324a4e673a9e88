using Router.Serving;

namespace Router.Tests.Forwarding;

/// <summary>What is too long over HTTP/2 gets a response on its stream, and no other stream notices.</summary>
public sealed class Http2LimitTests(Http2LimitTests.Site site) : IClassFixture<Http2LimitTests.Site>
{
    [Theory]
    [InlineData(8 << 10, 0, 0, 414)]
    [InlineData(64 << 10, 0, 0, 414)]
    [InlineData(95 << 10, 0, 0, 414)]
    [InlineData(100, 31 << 10, 0, 200)]
    [InlineData(100, 33 << 10, 0, 431)]
    [InlineData(100, 95 << 10, 0, 431)]
    [InlineData(100, 100, 95, 200)]
    [InlineData(100, 100, 101, 431)]
    [InlineData(100, 100, 990, 431)]
    [InlineData(100, 100, 1_500, 431)]
    // Twice as much in all, in several headers: the server's own 431.
    [InlineData(40 << 10, 90 << 10, 0, 431)]
    public async Task A_long_path_gets_414_and_a_large_header_431_on_their_own_stream(int path, int header, int headers, int status)
    {
        var (backend, before) = (site.Backend, site.Backend.Connections);
        using var client = await site.Router.ConnectAsync();
        await client.WriteAsync(Http2Frames.Preface);
        await client.WriteAsync(Headers(1, "/first"));
        using var first = await backend.AcceptAsync();
        await first.ReadHeadAsync();

        (string, string)[] others = [.. Enumerable.Range(0, headers).Select(i => ($"x-{i}", "1"))];
        foreach (
            var frame in Http2Frames.LongHeaders(
                3,
                [.. Pseudo("/" + new string('a', path)), ("x-long", new string('b', header)), .. others]
            )
        )
            await client.WriteAsync(frame);
        if (status == 200)
        {
            using var second = await backend.AcceptAsync();
            await second.ReadHeadAsync();
            await second.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }

        var response = new Http2Client(client, stream: 3);
        (await response.ReadUntilAsync(one => one.HasBegun)).Should().BeTrue();
        response.Status.Should().Be(status);
        // The stream that was open before is served on.
        await first.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        var untouched = new Http2Client(client);
        (await untouched.ReadUntilAsync(one => one.IsComplete)).Should().BeTrue();
        untouched.Status.Should().Be(200);
        (backend.Connections - before).Should().Be(status == 200 ? 2 : 1);
    }

    [Theory]
    [InlineData(ServerLimits.MaxRespondedTo + 100, 0)]
    [InlineData(90 << 10, 2)]
    public async Task Beyond_what_the_server_reads_the_connection_ends(int header, int times)
    {
        var before = site.Backend.Connections;
        using var client = await site.Router.ConnectAsync();
        await client.WriteAsync(Http2Frames.Preface);

        (string, string)[] others = [.. Enumerable.Range(0, times).Select(i => ($"x-{i}", new string('c', 90 << 10)))];
        try
        {
            foreach (var frame in Http2Frames.LongHeaders(1, [.. Pseudo("/"), ("x-long", new string('b', header)), .. others]))
                await client.WriteAsync(frame);
        }
        catch (IOException)
        {
            // The server ended the connection before it had read the last frame.
        }

        var response = new Http2Client(client);
        (await response.ReadUntilAsync(one => one.HasBegun)).Should().BeFalse();
        site.Backend.Connections.Should().Be(before);
    }

    private static (string, string)[] Pseudo(string path) =>
        [(":method", "GET"), (":scheme", "http"), (":authority", "www.example.org"), (":path", path)];

    private static byte[] Headers(int stream, string path) => Http2Frames.Headers(stream, true, Pseudo(path));

    /// <summary>A site whose backend may take its time.</summary>
    public sealed class Site() : Http2Site(address => SiteFile.Of("*", address).Set("Backends:www:ResponseTimeout", "24h"));
}
