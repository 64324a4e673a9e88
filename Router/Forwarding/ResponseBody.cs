using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;

namespace Router.Forwarding;

/// <summary>Copies an answer's body to the client: piece by piece as it comes, with what the client can't take yet left with the backend.</summary>
public static class ResponseBody
{
    // A chunk's size in eight digits and a line end go before it, a line end after it (RFC 9112 section 7.1).
    private const int SizeLine = 10;
    private const int LineEnd = 2;

    /// <summary>Copies it all, trailers included.</summary>
    public static async ValueTask CopyAsync(HttpResponseMessage answer, HttpContext context, ExchangeLimit limit, ExchangeRecord? record)
    {
        var output = context.Response.BodyWriter;
        record?.Pass(0);
        var body = await answer.Content.ReadAsStreamAsync(limit.Token).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            var chunks = NeedsOwnChunks(answer, context);
            if (chunks)
                context.Response.Headers.TransferEncoding = "chunked";
            // A read into nothing waits for the first byte and takes none.
            var first = body.ReadAsync(Memory<byte>.Empty, limit.Token);
            if (!first.IsCompleted)
                // The header must not wait for a body that dribbles. Starting the response alone would not send it.
                await output.FlushAsync(limit.Token).ConfigureAwait(false);
            await first.ConfigureAwait(false);
            while (await body.ReadAsync(Room(output, chunks), limit.Token).ConfigureAwait(false) is > 0 and var count)
            {
                limit.Touch();
                Advance(output, chunks, count);
                await output.FlushAsync(limit.Token).ConfigureAwait(false);
                record?.Pass(count);
                // The client's own slowness is not the backend's.
                limit.Touch();
            }

            if (chunks)
            {
                WriteTrailers(output, answer);
                // Kestrel sends by itself what ends chunks of its own, not of the application's.
                await output.FlushAsync(limit.Token).ConfigureAwait(false);
            }
            else if (context.Response.SupportsTrailers())
            {
                AppendTrailers(context.Response, answer);
            }
        }
    }

    // Kestrel sends trailers in HTTP/2 only. In HTTP/1.1 it leaves the chunks to an application that names the coding itself;
    // that is worth it only where the backend has said that trailers will come.
    private static bool NeedsOwnChunks(HttpResponseMessage answer, HttpContext context) =>
        context.Request.Protocol == "HTTP/1.1" && answer.Headers.NonValidated.Contains("Trailer") && context.Response.ContentLength is null
        && context.Response.StatusCode is not (204 or 304) && !HttpMethods.IsHead(context.Request.Method);

    private static Memory<byte> Room(PipeWriter output, bool chunks) =>
        chunks ? output.GetMemory(1024)[SizeLine..^LineEnd] : output.GetMemory();

    private static void Advance(PipeWriter output, bool chunks, int count)
    {
        if (!chunks)
        {
            output.Advance(count);
            return;
        }

        var chunk = output.GetSpan(1024);
        count.TryFormat(chunk, out _, "x8", CultureInfo.InvariantCulture);
        "\r\n"u8.CopyTo(chunk[(SizeLine - LineEnd)..]);
        "\r\n"u8.CopyTo(chunk[(SizeLine + count)..]);
        output.Advance(SizeLine + count + LineEnd);
    }

    private static void WriteTrailers(PipeWriter output, HttpResponseMessage answer)
    {
        var text = new StringBuilder("0\r\n");
        foreach (var (name, values) in answer.TrailingHeaders.NonValidated)
        {
            foreach (var value in values)
                text.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        output.Write(Encoding.Latin1.GetBytes(text.Append("\r\n").ToString()));
    }

    private static void AppendTrailers(HttpResponse response, HttpResponseMessage answer)
    {
        foreach (var (name, values) in answer.TrailingHeaders.NonValidated)
        {
            foreach (var value in values)
                response.AppendTrailer(name, value);
        }
    }
}
