using System.Diagnostics;
using System.Net;
using System.Threading.RateLimiting;
using Router.Admission;
using Router.Headers;
using Router.Http;
using Router.Modes;
using Router.Routing;
using Router.Upstreams;

namespace Router.Proxy.InFlight;

/// <summary>
/// One request, from the arrival of its headers to its end: how it is forwarded, the values of its access log entry, and what an operator
/// who waits for requests to drain needs to know about it. Its deadlines are a part of it. Each stage records its own timestamp; nothing is
/// computed until it is read.
/// </summary>
public sealed class RequestContext(TimeProvider time)
{
    // A report has up to 120 requests, and a client may send a request line of many kilobytes.
    private const int MaxShown = 512;

    private long _sending;
    private long _connecting;
    private long _ended;
    private long _holdBegan;
    private volatile Upstream? _upstream;
    private volatile RequestDeadline? _deadline;

    // Those of the request sent to the backend; null if it did not get that far.
    private volatile HeaderList? _sentHeaders;
    private bool _hasBegun;
    private bool _clientLeft;
    private volatile CancellationTokenSource? _closing;
    private volatile bool _mustClose;

    /// <summary>When its headers arrived, as a timestamp of the monotonic clock.</summary>
    public long Arrived { get; } = time.GetTimestamp();

    /// <summary>When it first began to wait for the mode to open, likewise; null if it never did.</summary>
    public long? HeldSince { get; private set; }

    /// <summary>How long it has waited for the mode to open, all times together.</summary>
    public TimeSpan HeldTime { get; private set; }

    public IPAddress? Client { get; set; }

    /// <summary>The number of bytes of the backend's body passed to the client; null if no such body was started.</summary>
    public long? Sent { get; private set; }

    /// <summary>The time to establish the connection that carried the request; zero for a reused one; null if there was none.</summary>
    public TimeSpan? ConnectTime { get; private set; }

    /// <summary>The time from the first attempt to send until the response headers; null if none arrived.</summary>
    public TimeSpan? HeaderTime { get; private set; }

    /// <summary>The time from the first attempt to send until the backend's part was over; null if nothing was sent.</summary>
    public TimeSpan? ResponseTime { get; private set; }

    /// <summary>The time since the request's headers arrived.</summary>
    public TimeSpan Age => time.GetElapsedTime(Arrived);

    /// <summary>
    /// The time from the arrival of the request's headers until the backend's part was over; the request's age if there was none.
    /// </summary>
    public TimeSpan Duration => _ended == 0 ? Age : time.GetElapsedTime(Arrived, _ended);

    /// <summary>The backend that the request was admitted to; null if it has not been admitted yet.</summary>
    public Upstream? Upstream => _upstream;

    /// <summary>Its route. Only valid for an admitted request.</summary>
    public Route Route { get; private set; } = null!;

    /// <summary>Whether the directly connected peer is a trusted proxy.</summary>
    public bool PeerIsTrusted { get; set; }

    /// <summary>The changes to the request headers. Only valid for an admitted request.</summary>
    public RequestRules RequestRules { get; set; } = null!;

    /// <summary>The changes to the response headers. Only valid for an admitted request.</summary>
    public ResponseHeaderRules HeaderRules { get; set; } = null!;

    /// <summary>The page that replaces the backend's error responses; null if none is configured.</summary>
    public ErrorPage? ErrorPage { get; set; }

    /// <summary>The tracing span of the request; null if Router does not trace.</summary>
    public Activity? Span { get; set; }

    /// <summary>
    /// Whether a request that was stopped by <see cref="ForwardFailure.Closed"/> may be forwarded later: nothing of its body has been read.
    /// </summary>
    public bool MayStartOver { get; set; }

    /// <summary>
    /// The <c>MaxConcurrentRequests</c> permit of a backend that the request holds; null while it holds none. A request holds at most one
    /// permit: if it kept one while waiting for another, two requests could deadlock by waiting for each other's permits.
    /// </summary>
    public RateLimitLease? Permit { get; set; }

    /// <summary>The method. Only valid for an admitted request.</summary>
    public string Method { get; private set; } = "";

    /// <summary>The method used to check the mode: <c>CONNECT</c> for an upgrade request. Only valid for an admitted request.</summary>
    public string ModeMethod { get; private set; } = "";

    /// <summary>The host that the client requested. Only valid for an admitted request.</summary>
    public string Host { get; private set; } = "";

    /// <summary>The path and query exactly as received. Only valid for an admitted request.</summary>
    public string PathAndQuery { get; private set; } = "";

    /// <summary>The path exactly as received. Only valid for an admitted request.</summary>
    public string Path => PathAndQuery.IndexOf('?', StringComparison.Ordinal) is >= 0 and var end ? PathAndQuery[..end] : PathAndQuery;

    /// <summary>The method as reports show it: its start, if it is very long.</summary>
    public string ShownMethod => Start(Method);

    /// <summary>The path as reports show it: its start, if it is very long.</summary>
    public string ShownPath => Start(Path);

    /// <summary>Why the mode does not apply to it; null if it does. Only valid for an admitted request.</summary>
    public Exemption? Exemption { get; private set; }

    /// <summary>Whether any of its bytes may have reached the backend.</summary>
    public bool HasBegun => Volatile.Read(ref _hasBegun);

    /// <summary>Whether it has become an upgraded connection.</summary>
    public bool IsUpgraded => _closing is not null;

    /// <summary>
    /// Whether it may have changed data at the backend: some of its bytes may have been sent, and its method is not safe (RFC 9110 section
    /// 9.2.1) or it has become an upgraded connection.
    /// </summary>
    public bool IsWrite => HasBegun && (!RequestMethods.IsSafe(Method) || IsUpgraded);

    /// <summary>
    /// Whether it may be changing data at the backend now. A request for an upgrade may become a connection for writing at any moment.
    /// </summary>
    public bool MayBeWriting => IsWrite || (HasBegun && !RequestMethods.IsSafe(ModeMethod));

    /// <summary>Whether the backend's response is complete.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Whether its end has been reported to <c>RequestEnding</c>.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>
    /// Whether its upgraded connection was asked to close because the mode closes the backend, and not because Router is stopping.
    /// </summary>
    public bool MustClose => _mustClose;

    /// <summary>Its neighbors in the list of requests in flight. Used only by that list.</summary>
    internal RequestContext? Previous { get; set; }

    internal RequestContext? Next { get; set; }

    /// <summary>The backend at which it counts as in flight. Used only by that list.</summary>
    internal Upstream? CountedBy { get; set; }

    /// <summary>The stripe of the list that contains it; negative if it is in none.</summary>
    internal int Stripe { get; set; } = -1;

    /// <summary>The request is admitted to a backend by the mode or by an exemption.</summary>
    public void Admit(
        Route route,
        Upstream upstream,
        string method,
        string modeMethod,
        string host,
        string pathAndQuery,
        Exemption? exemption
    )
    {
        (Route, Method, ModeMethod, Host, PathAndQuery, Exemption) = (route, method, modeMethod, host, pathAndQuery, exemption);
        // Assigned last: a thread that sees it also sees the other values.
        _upstream = upstream;
    }

    /// <summary>Its exemption ended before any of it was sent.</summary>
    public void EndExemption() => Exemption = null;

    /// <summary>Whether its backend is closed to it in a state of the mode; false if it has not been admitted yet.</summary>
    public bool IsClosedBy(ModeState state) =>
        // A mode does not apply to an exempt request. An instance that has lost the mode store, however, closes for testers too.
        (Exemption is null || (state.IsLapsed && Exemption.TesterId is not null)) && IsOutsideOf(state);

    /// <summary>
    /// Whether it must not be sent any more: its backend is closed to it now, or was open to it by a bypass only, which has ended.
    /// </summary>
    public bool IsRefusedBy(ModeController modes)
    {
        var state = modes.State;
        return IsClosedBy(state) || (Exemption?.TesterId is { } id && !modes.HasBypass(state, id) && IsOutsideOf(state));
    }

    private bool IsOutsideOf(ModeState state) =>
        _upstream is { Settings.Kind: var kind } && !state.For(Client!, kind).Mode.Reaches(kind, ModeMethod);

    /// <summary>Gives back the permit that it holds, if it holds one.</summary>
    public void ReturnPermit()
    {
        Permit?.Dispose();
        Permit = null;
    }

    /// <summary>It begins to wait for the mode to open.</summary>
    /// <param name="since">A timestamp of the monotonic clock.</param>
    public void Hold(long since)
    {
        _holdBegan = HeldSince is null ? since : time.GetTimestamp();
        HeldSince ??= since;
    }

    /// <summary>It no longer waits. Returns how long it has waited this time.</summary>
    public TimeSpan EndHold()
    {
        var waited = time.GetElapsedTime(_holdBegan);
        HeldTime += waited;
        return waited;
    }

    /// <summary>Forwarding starts now, subject to these deadlines.</summary>
    public void SetDeadline(RequestDeadline deadline) => _deadline = deadline;

    /// <summary>The backend request has been built, with these headers, and is about to be sent.</summary>
    public void Sending(HeaderList headers)
    {
        _sentHeaders = headers;
        _sending = time.GetTimestamp();
    }

    /// <summary>A reused connection carries the request. The last attempt counts.</summary>
    public void ConnectionReused() => ConnectTime = TimeSpan.Zero;

    /// <summary>A connection is being established for the request.</summary>
    public void Connecting() => _connecting = time.GetTimestamp();

    /// <summary>The connection has been established.</summary>
    public void Connected() => ConnectTime = time.GetElapsedTime(_connecting);

    /// <summary>From now on its bytes may reach the backend.</summary>
    public void MarkBegun() => Interlocked.Exchange(ref _hasBegun, true);

    /// <summary>The backend has provably not started processing the request.</summary>
    public void MarkNotBegun() => Volatile.Write(ref _hasBegun, false);

    /// <summary>The request is being sent to the backend.</summary>
    public void Accepted()
    {
        if (!RequestMethods.IsSafe(Method))
            _upstream?.LastWrite.Accept(time.GetUtcNow());
    }

    /// <summary>The backend's response is complete, whether or not the client receives all of it.</summary>
    public void Completed()
    {
        if (IsComplete)
            return;
        IsComplete = true;
        if (!RequestMethods.IsSafe(Method))
            _upstream?.LastWrite.Complete(time.GetUtcNow());
    }

    /// <summary>The request ended without a complete response to the client.</summary>
    /// <param name="clientLeft">Whether the reason is that the client disconnected.</param>
    public void Failed(bool clientLeft) => (HasEnded, _clientLeft) = (true, clientLeft);

    /// <summary>
    /// Whether the client disconnected before it had received a complete response. The access log and the counters both derive the client's
    /// outcome from this method only.
    /// </summary>
    public bool ClientLeft(HttpContext context) => HasEnded ? _clientLeft : !context.Response.HasStarted && ClientIsGone(context);

    /// <summary>The response headers have arrived.</summary>
    /// <param name="now">The clock's current timestamp.</param>
    public void ResponseStarted(long now) => HeaderTime = time.GetElapsedTime(_sending, now);

    /// <summary>Adds to the number of response body bytes sent to the client.</summary>
    public void CountSent(long count) => Sent = (Sent ?? 0) + count;

    /// <summary>The connection has been upgraded. The token is cancelled when the connection is to be closed.</summary>
    /// <param name="closing">Must stay valid until <see cref="Ended"/>.</param>
    public void Upgraded(CancellationTokenSource closing) => _closing = closing;

    /// <summary>Asks an upgraded connection to close, once. Has no effect on other requests.</summary>
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
            // The connection has just ended by itself.
        }
    }

    /// <summary>The request's deadlines; null while it is not being forwarded.</summary>
    internal RequestDeadline? Deadline => _deadline;

    private bool ClientIsGone(HttpContext context) =>
        _deadline is { } deadline ? deadline.ClientIsGone : context.RequestAborted.IsCancellationRequested;

    /// <summary>Ends it with <see cref="ForwardFailure.Cut"/>; false if it is over, was cut before, or is upgraded.</summary>
    public bool Cut() => _deadline?.Cut() == true;

    /// <summary>Ends it with <see cref="ForwardFailure.Stopped"/>; false if it is over, was ended before, or is upgraded.</summary>
    public bool Stop() => _deadline?.Stop() == true;

    /// <summary>
    /// The trace headers sent to the backend, which match the backend's own log; the client's headers if nothing was forwarded.
    /// </summary>
    public B3Headers TraceOf(HttpContext context) => _sentHeaders is { } sent ? B3Headers.Of(sent) : B3Headers.Of(context.Request.Headers);

    /// <summary>The trace id, used to search the logs; null if there is none.</summary>
    public string? RequestId(HttpContext context) => TraceOf(context).TraceId is { Length: > 0 } id ? id : null;

    /// <summary>Describes the request for an operator.</summary>
    public InFlightRequest Describe() =>
        new(Upstream?.Settings.Name, ShownMethod, Host, ShownPath, Math.Round(Age.TotalSeconds, 1), IsUpgraded)
        {
            RequestId = _sentHeaders is { } sent && B3Headers.Of(sent).TraceId is { Length: > 0 } id ? id : null,
        };

    /// <summary>The backend's part is over, whatever the outcome.</summary>
    public void Ended()
    {
        _ended = time.GetTimestamp();
        if (_sentHeaders is not null)
            ResponseTime = time.GetElapsedTime(_sending, _ended);
    }

    private static string Start(string text) => text.Length <= MaxShown ? text : $"{text[..MaxShown]}…";
}
