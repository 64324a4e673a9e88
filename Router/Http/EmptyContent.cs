using System.Net;

namespace Router.Http;

/// <summary>An empty body that the client has declared with <c>Content-Length: 0</c>.</summary>
public sealed class EmptyContent : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => Task.CompletedTask;

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return true;
    }
}
