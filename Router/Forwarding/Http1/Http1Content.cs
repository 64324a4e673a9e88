using System.Net;

namespace Router.Forwarding.Http1;

/// <summary>Content that is a stream as it stands. The framework's <c>StreamContent</c> lets nobody write, which an upgrade must.</summary>
public sealed class Http1Content : HttpContent
{
    /// <summary>The stream; empty until the answer's head has been read.</summary>
    public Stream Body { get; set; } = Stream.Null;

    /// <inheritdoc/>
    protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult(Body);

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => Body.CopyToAsync(stream);

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Body.Dispose();
        base.Dispose(disposing);
    }
}
