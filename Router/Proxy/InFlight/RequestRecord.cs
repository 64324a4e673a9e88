using System.Net;
using Router.Admission;
using Router.Headers;
using Router.Http;
using Router.Upstreams;

namespace Router.Proxy.InFlight;

/// <summary>
/// One request on its way: what is noted for its line in the access log, and what an operator must know of it who waits for the end of
/// what is in flight. The only object that either costs a request. Each stage notes its own moment; nothing is worked out before somebody
/// asks.
/// </summary>
public sealed class RequestRecord(TimeProvider time)
{
    private long _sending;
    private long _connecting;
    private long _ended;
    private volatile Upstream? _upstream;
    private volatile RequestDeadline? _deadline;
    private bool _hasBegun;
    private bool _clientLeft;
    private volatile CancellationTokenSource? _closing;
    private volatile bool _mustClose;

    /// <summary>When its header had arrived, as a timestamp of the monotonic clock.</summary>
    public long Arrived { get; } = time.GetTimestamp();

    public IPAddress? Client { get; set; }

    /// <summary>What was sent to the backend; null where the request did not come so far.</summary>
    public BackendRequest? Message { get; private set; }

    /// <summary>The bytes of the backend's body that were handed to the client; null where no such body was begun.</summary>
    public long? Sent { get; private set; }

    /// <summary>How long the connection took that carried the request, nothing for a kept one; null where there was none.</summary>
    public TimeSpan? ConnectTime { get; private set; }

    /// <summary>How long it took from the first attempt to send until the answer's header; null where none came.</summary>
    public TimeSpan? HeaderTime { get; private set; }

    /// <summary>
    /// How long it took from the first attempt to send until the exchange with the backend was over; null where there was none.
    /// </summary>
    public TimeSpan? ResponseTime { get; private set; }

    /// <summary>How long ago the request's header had arrived.</summary>
    public TimeSpan Age => time.GetElapsedTime(Arrived);

    /// <summary>
    /// How long it took from the arrival of the request's header until the exchange with the backend was over; its age where there was
    /// none.
    /// </summary>
    public TimeSpan Duration => _ended == 0 ? Age : time.GetElapsedTime(Arrived, _ended);

    /// <summary>The backend that the request was admitted to; null where it is not decided yet.</summary>
    public Upstream? Upstream => _upstream;

    /// <summary>The method. To be read of an admitted request.</summary>
    public string Method { get; private set; } = "";

    /// <summary>
    /// The method as the modes are asked about it: <c>CONNECT </c> of a request for an upgrade. To be read of an admitted request.
    /// </summary>
    public string ModeMethod { get; private set; } = "";

    /// <summary>The host that the client asked for. To be read of an admitted request.</summary>
    public string Host { get; private set; } = "";

    /// <summary>The raw path and query. To be read of an admitted request.</summary>
    public string PathAndQuery { get; private set; } = "";

    /// <summary>The raw path. To be read of an admitted request.</summary>
    public string Path => PathAndQuery.IndexOf('?', StringComparison.Ordinal) is >= 0 and var end ? PathAndQuery[..end] : PathAndQuery;

    /// <summary>Why the mode does not concern it; null where it does. To be read of an admitted request.</summary>
    public Exemption? Exemption { get; private set; }

    /// <summary>Whether bytes of it may have reached the backend.</summary>
    public bool HasBegun => Volatile.Read(ref _hasBegun);

    /// <summary>Whether it has become a connection that carries another protocol.</summary>
    public bool IsUpgraded => _closing is not null;

    /// <summary>
    /// Whether it may have changed something at the backend: bytes of it may have got there, and its method is not safe (RFC 9110 section
    /// 9.2.1) or it has become a connection that carries another protocol.
    /// </summary>
    public bool IsWrite => HasBegun && (!RequestMethods.IsSafe(Method) || IsUpgraded);

    /// <summary>Whether the backend's response is complete.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Whether its end has been reported to <c>RequestEnding</c>.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>
    /// Whether its upgraded connection was told to close because the mode closes the backend, and not because Router stops.
    /// </summary>
    public bool MustClose => _mustClose;

    /// <summary>Its neighbours in the list of what is open; the list's own.</summary>
    internal RequestRecord? Previous { get; set; }

    internal RequestRecord? Next { get; set; }

    /// <summary>The part of the list in which it stands; negative in none.</summary>
    internal int Stripe { get; set; } = -1;

    /// <summary>The mode, or a passage, lets it through to a backend.</summary>
    public void Admit(Upstream upstream, string method, string modeMethod, string host, string pathAndQuery, Exemption? exemption)
    {
        (Method, ModeMethod, Host, PathAndQuery, Exemption) = (method, modeMethod, host, pathAndQuery, exemption);
        // Last: whoever sees it sees the others.
        _upstream = upstream;
    }

    /// <summary>It is carried to the backend from here on, within these limits.</summary>
    public void SetDeadline(RequestDeadline deadline) => _deadline = deadline;

    /// <summary>The message for the backend is made, and is about to be sent.</summary>
    public void Sending(BackendRequest message)
    {
        Message = message;
        _sending = time.GetTimestamp();
    }

    /// <summary>A kept connection carries it. The last attempt counts.</summary>
    public void ConnectionReused() => ConnectTime = TimeSpan.Zero;

    /// <summary>A connection is being made for it.</summary>
    public void Connecting() => _connecting = time.GetTimestamp();

    /// <summary>The connection is made.</summary>
    public void Connected() => ConnectTime = time.GetElapsedTime(_connecting);

    /// <summary>From now on bytes may reach the backend.</summary>
    public void Begin() => Interlocked.Exchange(ref _hasBegun, true);

    /// <summary>The backend has provably begun nothing.</summary>
    public void NotBegun() => Volatile.Write(ref _hasBegun, false);

    /// <summary>The backend gets it now.</summary>
    public void Accepted()
    {
        if (!RequestMethods.IsSafe(Method))
            _upstream?.LastWrite.Accept(time.GetUtcNow());
    }

    /// <summary>The backend's response is complete, whether or not the client gets all of it.</summary>
    public void Completed()
    {
        if (IsComplete)
            return;
        IsComplete = true;
        if (!RequestMethods.IsSafe(Method))
            _upstream?.LastWrite.Complete(time.GetUtcNow());
    }

    /// <summary>It ended without a complete response to the client.</summary>
    /// <param name="clientLeft">Whether that is because the client went away.</param>
    public void Failed(bool clientLeft) => (HasEnded, _clientLeft) = (true, clientLeft);

    /// <summary>
    /// Whether the client went away before it had a complete response. What the access log and the counters say of the client follows from
    /// this alone.
    /// </summary>
    public bool ClientLeft(HttpContext context) => HasEnded ? _clientLeft : !context.Response.HasStarted && ClientIsGone(context);

    /// <summary>The answer's header is there.</summary>
    /// <param name="now">A timestamp of the clock.</param>
    public void ResponseStarted(long now) => HeaderTime = time.GetElapsedTime(_sending, now);

    /// <summary>So many more bytes of the answer's body have gone to the client.</summary>
    public void CountSent(long count) => Sent = (Sent ?? 0) + count;

    /// <summary>The connection carries another protocol from now on; the token is cancelled when it is to be closed.</summary>
    /// <param name="closing">Lives until <see cref="Ended"/>.</param>
    public void Upgraded(CancellationTokenSource closing) => _closing = closing;

    /// <summary>Asks an upgraded connection to close, once; any other exchange goes on.</summary>
    public void Close()
    {
        if (_closing is not { } closing || _mustClose)
            return;
        _mustClose = true;
        try
        {
            closing.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has just ended by itself.
        }
    }

    /// <summary>The time that it may take; null where it is not being carried.</summary>
    internal RequestDeadline? Deadline => _deadline;

    private bool ClientIsGone(HttpContext context) =>
        _deadline is { } deadline ? deadline.ClientIsGone : context.RequestAborted.IsCancellationRequested;

    /// <summary>Ends it with <see cref="ForwardFailure.Cut"/>; false where it is over, was cut before, or is upgraded.</summary>
    public bool Cut() => _deadline?.Cut() == true;

    /// <summary>Ends it with <see cref="ForwardFailure.Stopped"/>; false where it is over, was ended before, or is upgraded.</summary>
    public bool Stop() => _deadline?.Stop() == true;

    /// <summary>
    /// The trace's fields that the backend got; what the client sent, where nothing was sent on. What was sent on is what the backend's own
    /// log has.
    /// </summary>
    public B3Headers TraceOf(HttpContext context) =>
        Message is { } message ? B3Headers.Of(message.HeaderList) : B3Headers.Of(context.Request.Headers);

    /// <summary>The trace's id, by which logs are searched; null where there is none.</summary>
    public string? RequestId(HttpContext context) => TraceOf(context).TraceId is { Length: > 0 } id ? id : null;

    /// <summary>What an operator is to see of it.</summary>
    public InFlightRequest Describe() =>
        new(Upstream?.Settings.Name, Method, Host, Path, Math.Round(Age.TotalSeconds, 1), IsUpgraded)
        {
            RequestId = Message is { } message && B3Headers.Of(message.HeaderList).TraceId is { Length: > 0 } id ? id : null,
        };

    /// <summary>The exchange with the backend is over, in whatever way.</summary>
    public void Ended()
    {
        _ended = time.GetTimestamp();
        if (Message is not null)
            ResponseTime = time.GetElapsedTime(_sending, _ended);
    }
}
