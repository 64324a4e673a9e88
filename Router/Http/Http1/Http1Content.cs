using System.Net;

namespace Router.Http.Http1;

/// <summary>
/// Content that exposes a stream directly. The framework's <c>StreamContent</c> permits no writing, which an upgrade needs.
/// </summary>
public sealed class Http1Content(Stream body) : HttpContent
{
    public Stream Body => body;

    protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult(body);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => body.CopyToAsync(stream);

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            body.Dispose();
        base.Dispose(disposing);
    }
}
