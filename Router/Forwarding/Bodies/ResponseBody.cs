using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Router.Forwarding.Headers;
using Router.Forwarding.Http1;
using Router.Forwarding.InFlight;

namespace Router.Forwarding.Bodies;

/// <summary>Copies an answer's body to the client: piece by piece as it comes, with what the client can't take yet left with the backend.</summary>
public static class ResponseBody
{
    private const int PieceSize = 16 * 1024;
    private const int LargePieceSize = 32 * 1024;

    /// <summary>Copies it all, trailers included. A short one is sent when the request ends.</summary>
    public static ValueTask CopyAsync(HttpResponseMessage answer, HttpContext context, ExchangeLimit limit, Exchange exchange)
    {
        exchange.Pass(0);
        if (answer.Content is not Http1Content { Body: Http1ResponseBody body } || !body.IsAllHere)
            return CopyPiecesAsync(answer, context, limit, exchange);
        exchange.Pass(body.Left);
        return CopyAllAsync(body, context);
    }

    private static async ValueTask CopyAllAsync(Http1ResponseBody body, HttpContext context)
    {
        // What is written behind the header goes into the same memory, and not into some of its own first. In HTTP/2 the header would go out by itself.
        if (body.Left > 0 && HttpProtocol.IsHttp11(context.Request.Protocol))
            await context.Response.StartAsync(CancellationToken.None).ConfigureAwait(false);
        await body.CopyAllAsync(context.Response.BodyWriter).ConfigureAwait(false);
    }

    private static async ValueTask CopyPiecesAsync(HttpResponseMessage answer, HttpContext context, ExchangeLimit limit, Exchange exchange)
    {
        var body = await answer.Content.ReadAsStreamAsync(limit.Token).ConfigureAwait(false);
        // A buffer of its own, and not the server's: that one may be taken back when the header is sent, with a read still writing to it.
        var piece = ArrayPool<byte>.Shared.Rent(PieceSize);
        await using (body.ConfigureAwait(false))
        {
            var output = new Output(context.Response.BodyWriter, NeedsOwnChunks(context));
            if (output.Chunks)
                context.Response.Headers.TransferEncoding = "chunked";
            var read = body.ReadAsync(piece, limit.Token);
            if (!read.IsCompleted)
                // The header must not wait for a body that dribbles.
                await FlushAsync(context, limit).ConfigureAwait(false);
            while (await read.ConfigureAwait(false) is > 0 and var count)
            {
                output.Write(piece.AsSpan(0, count));
                await FlushAsync(context, limit).ConfigureAwait(false);
                exchange.Pass(count);
                // A backend that fills it has more: fewer and larger steps. Most bodies are short, and the memory of many that wait counts too.
                if (count == piece.Length && count < LargePieceSize)
                    piece = Larger(piece);
                read = body.ReadAsync(piece, limit.Token);
            }

            if (output.Chunks)
            {
                output.WriteTrailers(answer);
                // Kestrel sends by itself what ends chunks of its own, not of the application's.
                await FlushAsync(context, limit).ConfigureAwait(false);
            }
            else if (context.Response.SupportsTrailers())
            {
                AppendTrailers(context.Response, answer);
            }
        }

        // Only where nothing can be writing to it any more.
        ArrayPool<byte>.Shared.Return(piece);
    }

    private static byte[] Larger(byte[] piece)
    {
        ArrayPool<byte>.Shared.Return(piece);
        return ArrayPool<byte>.Shared.Rent(LargePieceSize);
    }

    internal static async ValueTask FlushAsync(HttpContext context, ExchangeLimit limit)
    {
        // The client's own slowness is not the backend's.
        limit.Hold();
        await context.Response.BodyWriter.FlushAsync(limit.Token).ConfigureAwait(false);
        limit.Release();
    }

    // Kestrel sends trailers in HTTP/2 only. In HTTP/1.1 it leaves the chunks to an application that names the coding itself;
    // that is worth it only where the backend has said that trailers will come, or the client that it takes them (RFC 9110 section 6.5.1).
    private static bool NeedsOwnChunks(HttpContext context) =>
        context.Request.Protocol == "HTTP/1.1" && context.Response.ContentLength is null
        && (context.Response.Headers.Trailer.Count > 0 || HopByHopHeaders.IsNamedBy(context.Request.Headers.TE, "trailers"))
        && context.Response.StatusCode is not (204 or 205 or 304) && context.Request.Method is not "HEAD";

    internal static void AppendTrailers(HttpResponse response, HttpResponseMessage answer)
    {
        foreach (var (name, values) in answer.TrailingHeaders.NonValidated)
        {
            foreach (var value in values)
                response.AppendTrailer(name, value);
        }
    }

    /// <summary>The client's side, with or without the chunked coding (RFC 9112 section 7.1).</summary>
    private readonly struct Output(PipeWriter writer, bool chunks)
    {
        public bool Chunks => chunks;

        public void Write(ReadOnlySpan<byte> piece)
        {
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

        public void WriteTrailers(HttpResponseMessage answer)
        {
            var text = new StringBuilder("0\r\n");
            foreach (var (name, values) in answer.TrailingHeaders.NonValidated)
            {
                foreach (var value in values)
                    text.Append(name).Append(": ").Append(value.AsSpan().ContainsAny('\r', '\n', '\0') ? "" : value).Append("\r\n");
            }

            writer.Write(Encoding.Latin1.GetBytes(text.Append("\r\n").ToString()));
        }
    }
}
