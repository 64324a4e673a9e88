using System.Net;

namespace Router.Http.Http2;

/// <summary>A content that is none: the place for fields that the framework keeps with a content, of a request that has no body.</summary>
public sealed class NoContent : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => Task.CompletedTask;

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
