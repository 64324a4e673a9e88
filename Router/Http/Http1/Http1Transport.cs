namespace Router.Http.Http1;

/// <summary>
/// Sends requests to a backend over HTTP/1.1. It does not use the framework's handler, which resends a request on its own when a connection
/// dies, reads no response while a body is being sent, drops the client's trailers and changes the case of methods.
/// Router decides what may be sent twice, and sends the bytes exactly as received.
/// </summary>
public sealed class Http1Transport(Http1Pool pool) : Transport
{
    public override Task<HttpResponseMessage> SendAsync(BackendRequest request)
    {
        pool.Requests.Increment();
        // Most requests find an idle connection and take this direct path.
        if (request.NeedsFreshConnection || pool.Take() is not { } idle)
            return ConnectAndRunAsync(request);
        request.ConnectionReused();
        return new Http1RoundTrip(pool, idle, request).RunAsync();
    }

    private async Task<HttpResponseMessage> ConnectAndRunAsync(BackendRequest request)
    {
        Http1Connection connection;
        request.Connecting();
        try
        {
            connection = await pool.ConnectAsync(request.Cancellation).ConfigureAwait(false);
        }
        catch
        {
            pool.Requests.Decrement();
            throw;
        }

        request.Connected();
        return await new Http1RoundTrip(pool, connection, request).RunAsync().ConfigureAwait(false);
    }
}
