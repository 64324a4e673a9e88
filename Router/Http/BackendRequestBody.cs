namespace Router.Http;

/// <summary>A request body that is read from somewhere while it is sent, and can be read only once.</summary>
public abstract class BackendRequestBody : HttpContent
{
    /// <summary>Whether the body could not be read where it comes from, rather than not be sent to the backend.</summary>
    public abstract bool ClientFailed { get; }

    /// <summary>Whether it can be sent as a whole: nothing of it has been sent yet, or all that was sent has been kept.</summary>
    public abstract bool CanBeSent { get; }

    /// <summary>The trailers that may be passed on, once the body has ended (RFC 9112 section 7.1.2).</summary>
    /// <exception cref="InvalidDataException">One of them is malformed; it is the client's fault.</exception>
    public abstract IReadOnlyList<KeyValuePair<string, string>> ReadTrailers();

    /// <summary>Ends the copying, wherever it is, and waits until the source is no longer touched: nobody will read the rest.</summary>
    public abstract Task StopAsync();
}
