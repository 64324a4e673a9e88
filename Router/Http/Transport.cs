namespace Router.Http;

/// <summary>Carries requests to one address of a backend.</summary>
public abstract class Transport : IDisposable
{
    /// <summary>Sends a request and reads the header of its response; the body follows in the response's content.</summary>
    /// <exception cref="BackendException">It failed.</exception>
    public abstract Task<HttpResponseMessage> SendAsync(BackendRequest request);

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes its connections.</summary>
    protected virtual void Dispose(bool disposing) { }
}
