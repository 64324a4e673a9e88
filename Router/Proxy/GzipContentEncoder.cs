using System.Buffers;
using System.IO.Compression;

namespace Router.Proxy;

/// <summary>Gzip (RFC 1952). The framework offers it only as a stream.</summary>
internal sealed class GzipContentEncoder : IContentEncoder
{
    private readonly Sink _sink = new();
    private readonly GZipStream _stream;

    public GzipContentEncoder() => _stream = new GZipStream(_sink, new ZLibCompressionOptions { CompressionLevel = 4 }, leaveOpen: true);

    public void Code(ReadOnlySpan<byte> piece, IBufferWriter<byte> output)
    {
        _sink.Output = output;
        _stream.Write(piece);
    }

    public void Flush(IBufferWriter<byte> output)
    {
        _sink.Output = output;
        _stream.Flush();
    }

    public void Finish(IBufferWriter<byte> output)
    {
        _sink.Output = output;
        _stream.Dispose();
    }

    public void Dispose()
    {
        // Disposing the stream writes its trailer.
        _sink.Output = null;
        _stream.Dispose();
    }

    private sealed class Sink : Stream
    {
        public IBufferWriter<byte>? Output { get; set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> buffer) => Output?.Write(buffer);

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush() { }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
