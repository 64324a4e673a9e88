using System.Buffers;
using System.IO.Compression;

namespace Router.Proxy;

/// <summary>Brotli (RFC 7932).</summary>
internal sealed class BrotliContentEncoder : IContentEncoder
{
    private BrotliEncoder _encoder = new(quality: 3, window: 18);

    public void Code(ReadOnlySpan<byte> piece, IBufferWriter<byte> output) => Code(piece, output, last: false);

    public void Flush(IBufferWriter<byte> output)
    {
        OperationStatus status;
        do
        {
            status = _encoder.Flush(output.GetSpan(), out var written);
            output.Advance(written);
        } while (status == OperationStatus.DestinationTooSmall);
    }

    public void Finish(IBufferWriter<byte> output) => Code([], output, last: true);

    public void Dispose() => _encoder.Dispose();

    private void Code(ReadOnlySpan<byte> piece, IBufferWriter<byte> output, bool last)
    {
        OperationStatus status;
        do
        {
            status = _encoder.Compress(piece, output.GetSpan(), out var consumed, out var written, last);
            output.Advance(written);
            piece = piece[consumed..];
        } while (status == OperationStatus.DestinationTooSmall);
    }
}
