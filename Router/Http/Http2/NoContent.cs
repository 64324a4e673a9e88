using System.Net;

namespace Router.Http.Http2;

/// <summary>Empty content that only carries the content headers of a request without a body, as the framework requires.</summary>
public sealed class NoContent : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => Task.CompletedTask;

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
