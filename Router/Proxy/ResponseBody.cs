using System.Buffers;
using Router.Http;
using Router.Http.Http1;
using Router.Proxy.InFlight;

namespace Router.Proxy;

/// <summary>
/// Copies a response's body to the client piece by piece as it arrives, encoded where that was chosen. What the client cannot take yet
/// stays with the backend.
/// </summary>
public static class ResponseBody
{
    private const int PieceSize = 16 * 1024;
    private const int LargePieceSize = 32 * 1024;

    /// <summary>Copies it all, trailers included. A short one is sent when the request ends.</summary>
    /// <param name="response">The backend's response.</param>
    /// <param name="coding">The content coding to apply; null for none.</param>
    /// <param name="context">The client's request.</param>
    /// <param name="deadline">The request's deadlines.</param>
    /// <param name="record">Counts what is sent.</param>
    public static ValueTask CopyAsync(
        HttpResponseMessage response,
        string? coding,
        HttpContext context,
        RequestDeadline deadline,
        RequestRecord record
    )
    {
        record.CountSent(0);
        if (coding is not null || response.Content is not Http1Content { Body: Http1ResponseBody body } || !body.IsBuffered)
            return CopyPiecesAsync(response, coding, context, deadline, record);
        record.CountSent(body.Remaining);
        return CopyAllAsync(body, context);
    }

    private static async ValueTask CopyAllAsync(Http1ResponseBody body, HttpContext context)
    {
        // What is written behind the header goes into the same memory, and not into some of its own first. In HTTP/2 the header would go
        // out by itself.
        if (body.Remaining > 0 && HttpProtocol.IsHttp11(context.Request.Protocol))
            await context.Response.StartAsync(CancellationToken.None).ConfigureAwait(false);
        await body.CopyAllAsync(context.Response.BodyWriter).ConfigureAwait(false);
    }

    private static async ValueTask CopyPiecesAsync(
        HttpResponseMessage response,
        string? coding,
        HttpContext context,
        RequestDeadline deadline,
        RequestRecord record
    )
    {
        var body = await response.Content.ReadAsStreamAsync(deadline.Token).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            using var encoder = IContentEncoder.For(coding);
            var output = new ResponseOutput(context.Response.BodyWriter, record, encoder is null && NeedsOwnChunks(context));
            if (output.Chunks)
                context.Response.Headers.TransferEncoding = "chunked";
            // A buffer of its own, and not the server's: that one may be taken back when the header is sent, with a read still writing to
            // it.
            var piece = ArrayPool<byte>.Shared.Rent(PieceSize);
            var read = body.ReadAsync(piece, deadline.Token);
            if (!read.IsCompleted)
                // The header must not wait for a body that dribbles.
                await FlushAsync(context, deadline, record).ConfigureAwait(false);
            while (await read.ConfigureAwait(false) is > 0 and var count)
            {
                // The response starts before a byte of its body is in the writer: that byte could not be taken back for an error response
                // when a deadline passes before the flush.
                await context.Response.StartAsync(CancellationToken.None).ConfigureAwait(false);
                if (encoder is null)
                    output.WritePiece(piece.AsSpan(0, count));
                else
                    encoder.Code(piece.AsSpan(0, count), output);
                // A backend that fills it has more: fewer and larger steps. Most bodies are short, and the memory of many that wait counts
                // too.
                if (count == piece.Length && count < LargePieceSize)
                    piece = Larger(piece);
                read = body.ReadAsync(piece, deadline.Token);
                // Whenever the backend pauses, everything so far becomes readable for the client.
                if (!read.IsCompleted)
                    encoder?.Flush(output);
                await FlushAsync(context, deadline, record).ConfigureAwait(false);
            }

            encoder?.Finish(output);
            // At a good end only: a read that a failure has overtaken may still write to it.
            ArrayPool<byte>.Shared.Return(piece);
            if (output.Chunks)
            {
                output.WriteTrailers(response);
                // Kestrel sends by itself what ends chunks of its own, not of the application's.
                await FlushAsync(context, deadline, record).ConfigureAwait(false);
            }
            else if (context.Response.SupportsTrailers())
            {
                AppendTrailers(context.Response, response);
            }
        }
    }

    private static byte[] Larger(byte[] piece)
    {
        ArrayPool<byte>.Shared.Return(piece);
        return ArrayPool<byte>.Shared.Rent(LargePieceSize);
    }

    private static async ValueTask FlushAsync(HttpContext context, RequestDeadline deadline, RequestRecord record)
    {
        // The client's own slowness is not the backend's.
        deadline.PauseForClient();
        await context.Response.BodyWriter.FlushAsync(deadline.Token).ConfigureAwait(false);
        deadline.ResumeFromClient(record.Sent ?? 0);
    }

    // Kestrel sends trailers in HTTP/2 only. In HTTP/1.1 it leaves the chunks to an application that names the coding itself;
    // that is worth it only where the backend has said that trailers will come, or the client that it takes them (RFC 9110 section 6.5.1).
    private static bool NeedsOwnChunks(HttpContext context) =>
        context.Request.Protocol == "HTTP/1.1"
        && context.Response.ContentLength is null
        && (context.Response.Headers.Trailer.Count > 0 || HopByHopHeaders.IsNamedBy(context.Request.Headers.TE, "trailers"))
        && context.Response.StatusCode is not (204 or 205 or 304)
        && context.Request.Method is not "HEAD";

    private static void AppendTrailers(HttpResponse response, HttpResponseMessage answer)
    {
        foreach (var (name, value) in TrailerFields.Of(answer))
            response.AppendTrailer(name, value);
    }
}
