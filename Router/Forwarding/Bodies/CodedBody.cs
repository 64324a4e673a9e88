using System.Buffers;
using System.IO.Pipelines;
using Router.Answers;
using Router.Forwarding.InFlight;

namespace Router.Forwarding.Bodies;

/// <summary>
/// Copies an answer's body to the client in a content coding, without holding back what has come: whenever the backend pauses,
/// everything so far is made readable for the client.
/// </summary>
public static class CodedBody
{
    private const int PieceLength = 16 * 1024;

    /// <summary>Copies it all, trailers included.</summary>
    public static async ValueTask CopyAsync(string coding, HttpResponseMessage answer, HttpContext context, ExchangeLimit limit, Exchange exchange)
    {
        var coded = new Counted(context.Response.BodyWriter, exchange);
        exchange.Pass(0);
        var body = await answer.Content.ReadAsStreamAsync(limit.Token).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            // The header first: a coded byte in the writer could not be taken back for an answer of Router's own,
            // and the client need not wait for a body that dribbles.
            await ResponseBody.FlushAsync(context, limit).ConfigureAwait(false);
            using IBodyCoder coder = coding == AcceptEncoding.Brotli ? new BrotliCoder() : new GzipCoder();
            // Given back at a good end only: a read that a fault has overtaken may still write into it.
            var piece = ArrayPool<byte>.Shared.Rent(PieceLength);
            var read = body.ReadAsync(piece, limit.Token);
            while (await read.ConfigureAwait(false) is > 0 and var count)
            {
                coder.Code(piece.AsSpan(0, count), coded);
                read = body.ReadAsync(piece, limit.Token);
                if (!read.IsCompleted)
                    coder.Flush(coded);
                await ResponseBody.FlushAsync(context, limit).ConfigureAwait(false);
            }

            coder.Finish(coded);
            ArrayPool<byte>.Shared.Return(piece);
            if (context.Response.SupportsTrailers())
                ResponseBody.AppendTrailers(context.Response, answer);
        }
    }

    /// <summary>The client's side, with a note of how much goes there.</summary>
    private sealed class Counted(PipeWriter output, Exchange exchange) : IBufferWriter<byte>
    {
        public void Advance(int count)
        {
            output.Advance(count);
            exchange.Pass(count);
        }

        public Memory<byte> GetMemory(int sizeHint = 0) => output.GetMemory(sizeHint);

        public Span<byte> GetSpan(int sizeHint = 0) => output.GetSpan(sizeHint);
    }
}
