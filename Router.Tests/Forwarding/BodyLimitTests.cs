using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;

namespace Router.Tests.Forwarding;

public sealed class BodyLimitTests(BodyLimitTests.Site site) : IClassFixture<BodyLimitTests.Site>
{
    [Fact]
    public async Task A_declared_length_over_the_limit_is_413_before_the_body_is_read()
    {
        await using var backend = RawBackend.RespondingText("never");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));
        using var client = await router.ConnectAsync();

        await client.WriteAsync($"POST / HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: {(40 << 20) + 1}\r\n\r\n");

        (await client.ReadMessageAsync())!.Status.Should().Be(413);
        backend.Connections.Should().Be(0);
    }

    [Fact]
    public async Task A_client_that_sends_it_all_the_same_still_gets_the_413()
    {
        await using var backend = RawBackend.RespondingText("never");
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend).Set("Hosts:www.*:MaxRequestBody", "1MiB"));

        for (var i = 0; i < 10; i++)
        {
            using var client = await router.ConnectAsync();
            await client.WriteAsync("POST / HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 8000000\r\n\r\n");
            await client.WriteAsync(new byte[8_000_000]);
            (await client.ReadMessageAsync())!.Status.Should().Be(413);
        }

        backend.Connections.Should().Be(0);
    }

    [Fact]
    public async Task A_body_without_a_length_may_be_as_long_as_the_route_allows_over_HTTP_2_too()
    {
        // More than the server lets pass by itself.
        const int size = 41 << 20;
        await using var backend = Application.Create();
        backend.Run(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            context.Response.StatusCode = 204;
        });
        await backend.StartAsync();
        await using var router = await ListeningRouter.StartAsync(
            SiteFile.Of("*", backend.Urls.First()).Set("Hosts:*:MaxRequestBody", "42MiB"),
            "Http2"
        );
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var upload = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{router.Port}/")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new EndlessContent(size, hasLength: false),
        };

        using var response = await client.SendAsync(upload).InTime();

        response.StatusCode.Should().Be(HttpStatusCode.NoContent);
    }

    [Theory]
    [InlineData(99_900, 200)]
    [InlineData(100_001, 413)]
    [InlineData(5_000_000, 413)]
    public async Task A_chunked_body_is_counted_while_it_arrives(int size, int status)
    {
        var backend = site.Backend.Forget();
        using var client = await site.Router.ConnectAsync();

        await client.WriteAsync(
            $"POST /small HTTP/1.1\r\nHost: www.example.org\r\nTransfer-Encoding: chunked\r\n\r\n"
                + $"{size.ToString("x", CultureInfo.InvariantCulture)}\r\n"
        );
        try
        {
            await client.WriteAsync(new byte[size]);
            await client.WriteAsync("\r\n0\r\n\r\n");
        }
        catch (IOException) { }

        (await client.ReadMessageAsync())!.Status.Should().Be(status);
        backend.Requests.Count.Should().Be(status == 200 ? 1 : 0);
    }

    [Fact]
    public async Task A_route_may_allow_more_than_the_default()
    {
        await using var app = Application.Create();
        app.Run(async context =>
        {
            var count = 0L;
            var buffer = new byte[64 * 1024];
            while (await context.Request.Body.ReadAsync(buffer) is > 0 and var read)
                count += read;
            await context.Response.Body.WriteAsync(System.Text.Encoding.ASCII.GetBytes(count.ToString(CultureInfo.InvariantCulture)));
        });
        await app.StartAsync();
        await using var router = await RunningRouter.StartAsync(
            SiteFile.Of("www.*", app.Urls.First()).Set("Hosts:www.*:MaxRequestBody", "100MiB")
        );

        var reply = await router.SendAsync("POST", "http://www.example.org/", new ByteArrayContent(new byte[60 << 20]));

        (reply.Status, reply.Body).Should().Be((200, (60 << 20).ToString(CultureInfo.InvariantCulture)));
    }

    /// <summary>A site of which a part accepts small bodies only.</summary>
    public sealed class Site()
        : SharedSite(address =>
            SiteFile.Of("www.*", address).Path("www.*", "/small").Set("Hosts:www.*:Paths:/small:MaxRequestBody", "100000")
        );
}
