namespace Router.Http;

/// <summary>Sends requests to one address of a backend.</summary>
public abstract class Transport : IDisposable
{
    /// <summary>Sends a request and reads the response headers; the body follows in the response's content.</summary>
    /// <exception cref="BackendException">The request failed.</exception>
    public abstract Task<HttpResponseMessage> SendAsync(BackendRequest request);

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the transport's connections.</summary>
    protected virtual void Dispose(bool disposing) { }
}
