using System.Net;

namespace Router.Tests.Harness;

/// <summary>A body of zeros that needs no memory of its size.</summary>
/// <param name="size">How many.</param>
/// <param name="hasLength">Whether the header says so.</param>
internal sealed class EndlessContent(long size, bool hasLength = true) : HttpContent
{
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        var buffer = new byte[64 * 1024];
        for (var left = size; left > 0; left -= buffer.Length)
            await stream.WriteAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)));
    }

    protected override bool TryComputeLength(out long length)
    {
        length = size;
        return hasLength;
    }
}
