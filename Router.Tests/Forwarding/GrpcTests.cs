using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Router.Tests.Forwarding;

/// <summary>
/// What gRPC needs of HTTP/2, from client to backend: cleartext with prior knowledge, streams in both directions, trailers.
/// </summary>
public sealed class GrpcTests(GrpcTests.Site site) : IClassFixture<GrpcTests.Site>
{
    [Fact]
    public async Task A_unary_call_has_its_response_and_its_trailers()
    {
        using var client = Client();

        using var response = await client.SendAsync(Call(site.Router, "/svc/Unary", new ByteArrayContent("hello"u8.ToArray()))).InTime();

        response.Version.Should().Be(HttpVersion.Version20);
        response.Content.Headers.ContentType!.MediaType.Should().Be("application/grpc");
        (await response.Content.ReadAsStringAsync().InTime()).Should().Be("hello");
        response.TrailingHeaders.GetValues("grpc-status").Should().Equal("0");
        response.TrailingHeaders.GetValues("x-sum").Should().Equal("5");
    }

    [Fact]
    public async Task Messages_stream_in_both_directions_at_once()
    {
        using var client = Client();
        var upload = new PushedContent();

        using var response = await client
            .SendAsync(Call(site.Router, "/svc/Stream", upload), HttpCompletionOption.ResponseHeadersRead)
            .InTime();
        var down = await response.Content.ReadAsStreamAsync().InTime();
        var buffer = new byte[16];
        for (var i = 0; i < 50; i++)
        {
            await upload.WriteAsync(Encoding.ASCII.GetBytes($"m{i:00}"));
            await down.ReadExactlyAsync(buffer.AsMemory(0, 3)).InTime();
            Encoding.ASCII.GetString(buffer, 0, 3).Should().Be($"m{i:00}");
        }

        upload.Complete();
        (await down.ReadAsync(buffer).InTime()).Should().Be(0);
        response.TrailingHeaders.GetValues("grpc-status").Should().Equal("0");
    }

    [Fact]
    public async Task An_error_without_a_message_has_its_status_in_the_header()
    {
        using var client = Client();

        using var response = await client.SendAsync(Call(site.Router, "/svc/Error", new ByteArrayContent("hello"u8.ToArray()))).InTime();

        response.Headers.GetValues("grpc-status").Should().Equal("5");
        response.Headers.GetValues("grpc-message").Should().Equal("not found");
        (await response.Content.ReadAsByteArrayAsync()).Should().BeEmpty();
        response.TrailingHeaders.Should().BeEmpty();
    }

    [Fact]
    public async Task A_call_that_ends_early_leaves_nothing_running()
    {
        using var client = Client();
        for (var i = 0; i < 20; i++)
        {
            var upload = new PushedContent();
            using var response = await client
                .SendAsync(Call(site.Router, "/svc/Early", upload), HttpCompletionOption.ResponseHeadersRead)
                .InTime();
            response.Headers.GetValues("grpc-status").Should().Equal("8");
            upload.Complete();
        }

        await Eventually.Async(() => site.Router.Site.Backends[0].InFlight == 0);
        using var last = await client.SendAsync(Call(site.Router, "/svc/Unary", new ByteArrayContent("hello"u8.ToArray()))).InTime();
        (await last.Content.ReadAsStringAsync().InTime()).Should().Be("hello");
    }

    [Fact]
    public async Task A_call_that_the_client_cancels_is_cancelled_at_the_backend()
    {
        using var client = Client();
        using var cancel = new CancellationTokenSource();
        var upload = new PushedContent();
        using var response = await client
            .SendAsync(Call(site.Router, "/svc/Hang", upload), HttpCompletionOption.ResponseHeadersRead, cancel.Token)
            .InTime();
        var down = await response.Content.ReadAsStreamAsync();

        await down.DisposeAsync();
        upload.Complete();

        await site.Cancelled.InTime();
        await Eventually.Async(() => site.Router.Site.Backends[0].InFlight == 0);
    }

    private static HttpClient Client() => new(new SocketsHttpHandler { UseProxy = false });

    private static HttpRequestMessage Call(ListeningRouter router, string path, HttpContent content)
    {
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        var call = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{router.Port}{path}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        call.Headers.TE.ParseAdd("trailers");
        return call;
    }

    private static async Task<WebApplication> ServiceAsync(TaskCompletionSource cancelled)
    {
        var app = Application.Create(HttpProtocols.Http2);
        app.Run(async context =>
        {
            context.Response.ContentType = "application/grpc";
            if (context.Request.Headers.TE.ToString() != "trailers" || context.Request.Protocol != "HTTP/2")
                context.Response.StatusCode = 500;
            switch (context.Request.Path.Value)
            {
                case "/svc/Error":
                    context.Response.Headers["grpc-status"] = "5";
                    context.Response.Headers["grpc-message"] = "not found";
                    return;
                case "/svc/Early":
                    context.Response.Headers["grpc-status"] = "8";
                    return;
                case "/svc/Hang":
                    context.RequestAborted.Register(() => cancelled.TrySetResult());
                    await context.Response.Body.FlushAsync();
                    await Task.Delay(Timeout.Infinite, context.RequestAborted);
                    return;
            }

            await context.Response.Body.FlushAsync();
            var buffer = new byte[4096];
            var sum = 0;
            while (await context.Request.Body.ReadAsync(buffer) is > 0 and var count)
            {
                sum += count;
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, count));
                await context.Response.Body.FlushAsync();
            }

            context.Response.AppendTrailer("grpc-status", "0");
            context.Response.AppendTrailer("x-sum", sum.ToString(System.Globalization.CultureInfo.InvariantCulture));
        });
        await app.StartAsync();
        return app;
    }

    private sealed class PushedContent : HttpContent
    {
        private readonly TaskCompletionSource<Stream> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task WriteAsync(byte[] bytes)
        {
            var stream = await _stream.Task.InTime();
            await stream.WriteAsync(bytes).InTime();
            await stream.FlushAsync().InTime();
        }

        public void Complete() => _done.TrySetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.FlushAsync();
            _stream.SetResult(stream);
            await _done.Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    /// <summary>A service, and a Router in front of it that speaks HTTP/2 to both sides.</summary>
    public sealed class Site : IAsyncLifetime
    {
        private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private WebApplication _service = null!;

        internal ListeningRouter Router { get; private set; } = null!;

        /// <summary>Ends when the call that the service never ends is cancelled.</summary>
        internal Task Cancelled => _cancelled.Task;

        public async Task InitializeAsync()
        {
            _service = await ServiceAsync(_cancelled);
            Router = await ListeningRouter.StartAsync(SiteFile.Of("*", _service.Urls.First()).Set("Backends:www:Http2", "true"), "Http2");
        }

        public async Task DisposeAsync()
        {
            await Router.DisposeAsync();
            await _service.DisposeAsync();
        }
    }
}
