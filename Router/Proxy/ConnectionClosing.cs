namespace Router.Proxy;

/// <summary>
/// Tells HTTP/1.1 clients in the last response before a stop that their connection ends (RFC 9112 section 9.6). A client that is told sends
/// its next request on another connection; one that is not loses a request that crosses the closing. HTTP/2 has GOAWAY for it, which the
/// server sends.
/// </summary>
public sealed class ConnectionClosing(IHostApplicationLifetime lifetime)
{
    /// <summary>Adds <c>Connection: close</c> to a response that has not started, where Router is stopping.</summary>
    public void Announce(HttpContext context)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested && context.Request.Protocol.StartsWith("HTTP/1", StringComparison.Ordinal))
            context.Response.Headers.Connection = "close";
    }
}
