using System.Buffers;

namespace Router.Forwarding;

/// <summary>
/// Copies an answer's body to the client in a content coding, without holding back what has come: whenever the backend pauses,
/// everything so far is made readable for the client.
/// </summary>
public static class CodedBody
{
    private const int PieceLength = 16 * 1024;

    /// <summary>Copies it all, trailers included.</summary>
    public static async ValueTask CopyAsync(string coding, HttpResponseMessage answer, HttpContext context, ExchangeLimit limit, ExchangeRecord? record)
    {
        record?.Pass(0);
        var output = new CountingWriter(context.Response.BodyWriter);
        var body = await answer.Content.ReadAsStreamAsync(limit.Token).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            // The header first: a coded byte in the writer could not be taken back for an answer of Router's own,
            // and the client need not wait for a body that dribbles.
            await ResponseBody.FlushAsync(context, limit).ConfigureAwait(false);
            using IBodyCoder coder = coding == BrotliCoder.Name ? new BrotliCoder() : new GzipCoder();
            // Given back at a good end only: a read that a fault has overtaken may still write into it.
            var piece = ArrayPool<byte>.Shared.Rent(PieceLength);
            var read = body.ReadAsync(piece, limit.Token);
            while (await read.ConfigureAwait(false) is > 0 and var count)
            {
                coder.Code(piece.AsSpan(0, count), output);
                read = body.ReadAsync(piece, limit.Token);
                if (!read.IsCompleted)
                    coder.Flush(output);
                await ResponseBody.FlushAsync(context, limit).ConfigureAwait(false);
                record?.Pass(output.TakeCount());
            }

            coder.Finish(output);
            record?.Pass(output.TakeCount());
            ArrayPool<byte>.Shared.Return(piece);
            if (context.Response.SupportsTrailers())
                ResponseBody.AppendTrailers(context.Response, answer);
        }
    }

    private sealed class CountingWriter(IBufferWriter<byte> writer) : IBufferWriter<byte>
    {
        private long _count;

        public long TakeCount()
        {
            var count = _count;
            _count = 0;
            return count;
        }

        public void Advance(int count)
        {
            writer.Advance(count);
            _count += count;
        }

        public Memory<byte> GetMemory(int sizeHint = 0) => writer.GetMemory(sizeHint);

        public Span<byte> GetSpan(int sizeHint = 0) => writer.GetSpan(sizeHint);
    }
}
