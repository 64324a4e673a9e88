using System.Net;

namespace Router.Http;

/// <summary>An empty body.</summary>
/// <param name="isDeclared">Whether <c>Content-Length: 0</c> declares it. Otherwise it only carries content headers of a request without a
/// body, as the framework requires over HTTP/2.</param>
public sealed class EmptyContent(bool isDeclared) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => Task.CompletedTask;

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return isDeclared;
    }
}
