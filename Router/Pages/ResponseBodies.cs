namespace Router.Pages;

/// <summary>Sends the body of an answer of Router's own.</summary>
public static class ResponseBodies
{
    /// <summary>Sends it; the answer to HEAD is the answer to GET without its body (RFC 9110 section 9.3.2).</summary>
    public static async ValueTask SendAsync(this HttpContext context, ReadOnlyMemory<byte> body)
    {
        // With no token: the server makes one for each request that is asked for it, and ends the write by itself when the client goes.
        if (context.Request.Method is not "HEAD")
            await context.Response.BodyWriter.WriteAsync(body, CancellationToken.None).ConfigureAwait(false);
    }
}
