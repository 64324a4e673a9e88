namespace Router.Pages;

public static class ResponseBodies
{
    /// <summary>Sends the body. The response to HEAD is the response to GET without its body (RFC 9110 section 9.3.2).</summary>
    public static async ValueTask SendAsync(this HttpContext context, ReadOnlyMemory<byte> body)
    {
        // Without a token: the server allocates one for each request that asks for it, and ends the write itself when the client
        // disconnects.
        if (context.Request.Method is not "HEAD")
            await context.Response.BodyWriter.WriteAsync(body, CancellationToken.None).ConfigureAwait(false);
    }
}
