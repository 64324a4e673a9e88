using Router.Configuration;

namespace Router.Pages;

public static class ResponseBodies
{
    /// <summary>Sends the body. The response to HEAD is the response to GET without its body (RFC 9110 section 9.3.2).</summary>
    public static async ValueTask SendAsync(this HttpContext context, ReadOnlyMemory<byte> body)
    {
        if (context.Request.Method is "HEAD")
            return;
        // Without a token: the server allocates one for each request that asks for it, and ends the write itself when the client
        // disconnects.
        var writing = context.Response.BodyWriter.WriteAsync(body, CancellationToken.None);
        if (writing.IsCompleted || !HttpProtocol.IsHttp2(context.Request.Protocol))
            await writing.ConfigureAwait(false);
        else
            await WaitForClientAsync(context, writing.AsTask(), body.Length).ConfigureAwait(false);
    }

    // Over HTTP/2 the server's own limit is for the whole connection.
    private static async ValueTask WaitForClientAsync(HttpContext context, Task writing, int length)
    {
        var limits = context.RequestServices.GetRequiredService<RouterSettings>().Limits;
        if (limits.MinDataRate != 0)
        {
            var atMinimumRate = TimeSpan.FromSeconds((double)length / limits.MinDataRate);
            var time = context.RequestServices.GetRequiredService<TimeProvider>();
            try
            {
                await writing
                    .WaitAsync(atMinimumRate > limits.ResponseGrace ? atMinimumRate : limits.ResponseGrace, time)
                    .ConfigureAwait(false);
                return;
            }
            catch (TimeoutException)
            {
                // Resets the stream, and ends the write.
                context.Abort();
            }
        }

        await writing.ConfigureAwait(false);
    }
}
