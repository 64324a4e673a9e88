using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Router.Http;
using Router.Proxy.InFlight;

namespace Router.Proxy;

/// <summary>
/// Writes a response body to the client. Counts the body's bytes, with or without chunked framing (RFC 9112 section 7.1).
/// </summary>
internal sealed class ResponseOutput(PipeWriter writer, RequestContext request, bool chunks) : IBufferWriter<byte>
{
    /// <summary>Whether Router writes the chunks itself, in order to send trailers over HTTP/1.1.</summary>
    public bool Chunks => chunks;

    public void WritePiece(ReadOnlySpan<byte> piece)
    {
        request.CountSent(piece.Length);
        if (!chunks)
        {
            writer.Write(piece);
            return;
        }

        Span<byte> size = stackalloc byte[8];
        piece.Length.TryFormat(size, out var digits, "x", CultureInfo.InvariantCulture);
        writer.Write(size[..digits]);
        writer.Write("\r\n"u8);
        writer.Write(piece);
        writer.Write("\r\n"u8);
    }

    public void WriteTrailers(HttpResponseMessage response)
    {
        var text = new StringBuilder("0\r\n");
        foreach (var (name, value) in ResponseTrailers.Of(response))
            text.Append(name).Append(": ").Append(value).Append("\r\n");
        writer.Write(Encoding.Latin1.GetBytes(text.Append("\r\n").ToString()));
    }

    public void Advance(int count)
    {
        writer.Advance(count);
        request.CountSent(count);
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => writer.GetMemory(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => writer.GetSpan(sizeHint);
}
