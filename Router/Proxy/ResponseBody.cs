using System.Buffers;
using Router.Http;
using Router.Http.Http1;
using Router.Proxy.InFlight;

namespace Router.Proxy;

/// <summary>
/// Streams a response body to the client as it arrives, and compresses it if a content coding was selected. Data that the client cannot
/// accept yet is not read from the backend.
/// </summary>
public static class ResponseBody
{
    private const int PieceSize = 16 * 1024;
    private const int LargePieceSize = 32 * 1024;

    /// <summary>Copies the whole body, including trailers. A short body is sent when the request ends.</summary>
    /// <param name="response">The backend's response.</param>
    /// <param name="coding">The content coding to apply; null for none.</param>
    /// <param name="context">The client's request.</param>
    /// <param name="deadline">The request's deadlines.</param>
    /// <param name="request">Counts the bytes sent.</param>
    public static ValueTask CopyAsync(
        HttpResponseMessage response,
        string? coding,
        HttpContext context,
        RequestDeadline deadline,
        RequestContext request
    )
    {
        request.CountSent(0);
        if (coding is not null || response.Content is not Http1Content { Body: Http1ResponseBody body } || !body.IsBuffered)
            return CopyPiecesAsync(response, coding, context, deadline, request);
        request.CountSent(body.Remaining);
        return CopyAllAsync(body, context);
    }

    private static async ValueTask CopyAllAsync(Http1ResponseBody body, HttpContext context)
    {
        // Body bytes written right after the headers share the headers' buffer instead of first going into a separate one. In HTTP/2 the
        // headers would be sent on their own.
        if (body.Remaining > 0 && HttpProtocol.IsHttp11(context.Request.Protocol))
            await context.Response.StartAsync(CancellationToken.None).ConfigureAwait(false);
        await body.CopyAllAsync(context.Response.BodyWriter).ConfigureAwait(false);
    }

    private static async ValueTask CopyPiecesAsync(
        HttpResponseMessage response,
        string? coding,
        HttpContext context,
        RequestDeadline deadline,
        RequestContext request
    )
    {
        var body = await response.Content.ReadAsStreamAsync(deadline.Token).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            using var encoder = IContentEncoder.For(coding);
            // A compressed response has no length that the server would hold it to, and the framework does not compare an HTTP/2 body with
            // the backend's. Router's own transport does.
            var declared = encoder is null || response is BackendResponse ? null : response.Content.Headers.ContentLength;
            var received = 0L;
            var output = new ResponseOutput(context.Response.BodyWriter, request, encoder is null && NeedsOwnChunks(context));
            if (output.Chunks)
                context.Response.Headers.TransferEncoding = "chunked";
            // Router's own buffer, not the server's: the server may reclaim its buffer when the headers are sent, while a read is still
            // writing to it.
            var piece = ArrayPool<byte>.Shared.Rent(PieceSize);
            var read = body.ReadAsync(piece, deadline.Token);
            if (!read.IsCompleted)
                // The headers must not wait for a slow body.
                await FlushAsync(context, deadline, request).ConfigureAwait(false);
            while (await read.ConfigureAwait(false) is > 0 and var count)
            {
                // The response starts before the first byte of its body is in the writer: if a deadline passes before the flush, that byte
                // could not be removed to make room for an error response.
                await context.Response.StartAsync(CancellationToken.None).ConfigureAwait(false);
                received += count;
                if (encoder is null)
                    output.WritePiece(piece.AsSpan(0, count));
                else
                    encoder.Code(piece.AsSpan(0, count), output);
                // A backend that fills the buffer has more to send: use fewer and larger steps. Most bodies are short, and the memory of
                // many waiting requests matters too.
                if (count == piece.Length && count < LargePieceSize)
                    piece = Larger(piece);
                read = body.ReadAsync(piece, deadline.Token);
                // Whenever the backend pauses, everything received so far becomes readable for the client.
                if (!read.IsCompleted)
                    encoder?.Flush(output);
                await FlushAsync(context, deadline, request).ConfigureAwait(false);
            }

            if (declared is { } length && received != length)
                throw new IOException(
                    "the response body has another length than declared",
                    new InvalidDataException($"its Content-Length is {length}, and it has {received} bytes (RFC 9113 section 8.1.1)")
                );
            encoder?.Finish(output);
            // Only on success: after a failure, an overtaken read may still write to the buffer.
            ArrayPool<byte>.Shared.Return(piece);
            if (output.Chunks)
            {
                output.WriteTrailers(response);
                // Kestrel flushes automatically at the end of its own chunks, but not of chunks written by the application.
                await FlushAsync(context, deadline, request).ConfigureAwait(false);
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

    private static async ValueTask FlushAsync(HttpContext context, RequestDeadline deadline, RequestContext request)
    {
        // The client's slowness must not count as a pause of the backend.
        deadline.PauseForClient();
        await context.Response.BodyWriter.FlushAsync(deadline.Token).ConfigureAwait(false);
        deadline.ResumeFromClient(request.Sent ?? 0);
    }

    // Kestrel sends trailers only in HTTP/2. In HTTP/1.1 it leaves chunking to an application that sets Transfer-Encoding itself. Router
    // does so only if the backend has announced trailers or the client has said that it accepts them (RFC 9110 section 6.5.1).
    private static bool NeedsOwnChunks(HttpContext context) =>
        context.Request.Protocol == "HTTP/1.1"
        && context.Response.ContentLength is null
        && (context.Response.Headers.Trailer.Count > 0 || HopByHopHeaders.IsNamedBy(context.Request.Headers.TE, "trailers"))
        && context.Response.StatusCode is not (204 or 205 or 304)
        && context.Request.Method is not "HEAD";

    private static void AppendTrailers(HttpResponse response, HttpResponseMessage source)
    {
        foreach (var (name, value) in ResponseTrailers.Of(source))
            response.AppendTrailer(name, value);
    }
}
