namespace Router.Http;

/// <summary>A request body that is read from a source while it is sent and can be read only once.</summary>
public abstract class BackendRequestBody : HttpContent
{
    /// <summary>Whether reading the body from its source failed, as opposed to sending it to the backend.</summary>
    public abstract bool ClientFailed { get; }

    /// <summary>Whether the whole body can be sent: nothing has been sent yet, or everything sent so far has been kept.</summary>
    public abstract bool CanBeSent { get; }

    /// <summary>The trailers to forward. Call this after the body has ended (RFC 9112 section 7.1.2).</summary>
    /// <exception cref="InvalidDataException">The client sent a malformed trailer.</exception>
    public abstract IReadOnlyList<KeyValuePair<string, string>> ReadTrailers();

    /// <summary>Stops the copying at any point and waits until the source is no longer in use. The rest of the body is not read.</summary>
    public abstract Task StopAsync();
}
