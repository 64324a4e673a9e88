using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Router.Proxy;
using Router.Proxy.InFlight;

namespace Router.Tests.Forwarding;

public sealed class ResponseBodyTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("br")]
    [InlineData("gzip")]
    public async Task A_deadline_between_the_first_piece_and_its_flush_cuts_the_connection_and_never_mixes_two_responses(string? coding)
    {
        var failure = new TaskCompletionSource<Exception?>();
        await using var server = await StartAsync(context => FailLikeTheForwarderAsync(context, coding, failure));
        using var client = await RawConnection.OpenAsync(IPEndPoint.Parse(new Uri(server.Urls.Single()).Authority));

        await client.WriteAsync("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
        var (text, _) = await client.ReadToEndAsync();

        (await failure.Task.InTime()).Should().BeAssignableTo<OperationCanceledException>();
        text.Should().NotContain("500").And.NotContain("504", "the first piece is in the writer, and cannot be taken back");
    }

    private static async Task FailLikeTheForwarderAsync(HttpContext context, string? coding, TaskCompletionSource<Exception?> failure)
    {
        var backend = SiteFile.Of("www.*", "http://backend.invalid").ToSettings().Backends[0];
        using var deadline = new RequestDeadline(TimeProvider.System, backend, context, TimeProvider.System.GetTimestamp());
        using var response = new HttpResponseMessage { Content = new StreamContent(new PieceThenCut(deadline)) };
        if (coding is null)
            context.Response.ContentLength = 400;
        try
        {
            await ResponseBody.CopyAsync(response, coding, context, deadline, new RequestContext(TimeProvider.System));
            failure.SetResult(null);
        }
        catch (OperationCanceledException cut)
        {
            failure.SetResult(cut);
            if (context.Response.HasStarted)
            {
                context.Abort();
                return;
            }

            context.Response.Clear();
            context.Response.StatusCode = StatusCodes.Status504GatewayTimeout;
            await context.Response.WriteAsync("too late");
        }
    }

    private static async Task<WebApplication> StartAsync(RequestDelegate handler)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrel(options => options.Listen(IPAddress.Loopback, 0));
        var server = builder.Build();
        server.Run(handler);
        await server.StartAsync();
        return server;
    }

    /// <summary>A body of which one piece arrives; then the deadline passes while the next is waited for.</summary>
    private sealed class PieceThenCut(RequestDeadline deadline) : MemoryStream
    {
        private bool _hasGivenPiece;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_hasGivenPiece)
            {
                deadline.Cut();
                return ValueTask.FromCanceled<int>(cancellationToken);
            }

            _hasGivenPiece = true;
            return ValueTask.FromResult(395);
        }
    }
}
