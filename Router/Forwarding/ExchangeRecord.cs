using System.Net;

namespace Router.Forwarding;

/// <summary>
/// What is noted of one request on its way, for its line in the access log: the only object that the log costs a request.
/// Each stage notes its own moment; nothing is worked out before the end.
/// </summary>
public sealed class ExchangeRecord(TimeProvider time)
{
    private readonly long _arrived = time.GetTimestamp();
    private long _sending;
    private long _connecting;

    /// <summary>Who the client is.</summary>
    public IPAddress? Client { get; set; }

    /// <summary>What was sent to the backend; null where the request did not come so far.</summary>
    public BackendRequest? Message { get; private set; }

    /// <summary>The bytes of the backend's body that were handed to the client; null where no such body was begun.</summary>
    public long? Sent { get; private set; }

    /// <summary>How long the connection took that carried the request, next to nothing for a kept one; null where there was none.</summary>
    public TimeSpan? ConnectTime { get; private set; }

    /// <summary>How long it took from the first attempt to send until the answer's header; null where none came.</summary>
    public TimeSpan? HeaderTime { get; private set; }

    /// <summary>How long it took from the first attempt to send until the exchange with the backend was over; null where there was none.</summary>
    public TimeSpan? ResponseTime { get; private set; }

    /// <summary>How long ago the request's header had arrived.</summary>
    public TimeSpan Age => time.GetElapsedTime(_arrived);

    /// <summary>The message for the backend is made, and is about to be sent.</summary>
    public void Sending(BackendRequest message)
    {
        (message.Record, Message) = (this, message);
        _sending = time.GetTimestamp();
    }

    /// <summary>A connection is looked for. The last attempt counts.</summary>
    public void Connecting() => _connecting = time.GetTimestamp();

    /// <summary>A connection is found.</summary>
    public void Connected() => ConnectTime = time.GetElapsedTime(_connecting);

    /// <summary>The answer's header is there.</summary>
    public void Answered() => HeaderTime = time.GetElapsedTime(_sending);

    /// <summary>So many more bytes of the answer's body have gone to the client.</summary>
    public void Pass(long count) => Sent = (Sent ?? 0) + count;

    /// <summary>The exchange with the backend is over, in whatever way.</summary>
    public void Ended()
    {
        if (Message is not null)
            ResponseTime = time.GetElapsedTime(_sending);
    }
}
