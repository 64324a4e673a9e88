using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Router.Http;

namespace Router.Tests.Harness;

/// <summary>
/// A collector that takes spans over OTLP (http/protobuf) and looks for bytes in them: the encoding leaves ids and names as they are.
/// </summary>
internal sealed class TraceCollector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<byte[]> _received = Channel.CreateUnbounded<byte[]>();
    private readonly List<byte> _seen = [];

    private TraceCollector()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost(
            "/v1/traces",
            async (HttpRequest request) =>
            {
                using var body = new MemoryStream();
                await request.Body.CopyToAsync(body);
                if (request.ContentType == "application/x-protobuf")
                    _received.Writer.TryWrite(body.ToArray());
            }
        );
    }

    public string Address => _app.Urls.Single();

    public static async Task<TraceCollector> StartAsync()
    {
        var collector = new TraceCollector();
        await collector._app.StartAsync();
        return collector;
    }

    /// <summary>Waits until all of these have come: names as text, ids as the bytes that their digits stand for.</summary>
    public async Task HasAsync(params object[] all)
    {
        var wanted = all.Select(each => each is string name ? Encoding.UTF8.GetBytes(name) : (byte[])each).ToArray();
        while (!wanted.All(Has))
            _seen.AddRange(await _received.Reader.ReadAsync().InTime());
    }

    /// <summary>Whether something is in what has come so far.</summary>
    public bool Has(byte[] bytes) => _seen.ToArray().AsSpan().IndexOf(bytes) >= 0;

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
