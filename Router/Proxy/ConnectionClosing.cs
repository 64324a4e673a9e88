namespace Router.Proxy;

/// <summary>
/// Announces the end of an HTTP/1.1 connection in its last response before shutdown (RFC 9112 section 9.6). The client then sends its next
/// request on another connection; without the announcement, a request that crosses the close is lost. HTTP/2 uses GOAWAY instead, which the
/// server sends.
/// </summary>
public sealed class ConnectionClosing(IHostApplicationLifetime lifetime)
{
    /// <summary>Adds <c>Connection: close</c> to a response that has not started if Router is stopping.</summary>
    public void Announce(HttpContext context)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested && context.Request.Protocol.StartsWith("HTTP/1", StringComparison.Ordinal))
            context.Response.Headers.Connection = "close";
    }
}
