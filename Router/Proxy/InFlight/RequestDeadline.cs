using Router.Configuration;
using Router.Http;

namespace Router.Proxy.InFlight;

/// <summary>
/// The deadlines of one request. Once the request has been sent, the response must start in time, neither body may pause for too long, the
/// whole request must not take too long, and everything ends when the client disconnects. Each piece of a body only records a timestamp;
/// <see cref="InFlight.DeadlineMonitor"/> checks the timestamps of all requests in turn. One timer per request would cost more than
/// everything else here.
/// </summary>
public sealed class RequestDeadline : IDisposable
{
    private readonly TimeProvider _time;
    private readonly BackendSettings _backend;
    private readonly long _began;
    private readonly CancellationTokenRegistration _client;
    private readonly HalfClose? _connectionOfClient;
    private readonly Lock _lock = new();

    // Created on first use. Never disposed: another thread may be cancelling it at that moment, and without its own timer it holds no
    // resources.
    private CancellationTokenSource? _source;
    private IDisposable? _connection;
    private bool _cancelled;
    private long _lastActivity;
    private long _requestEnded;
    private volatile Phase _phase;

    // The client delays the transfer, which is not the backend's pause.
    private volatile bool _waitsForClient;
    private volatile bool _inputRequired;
    private ForwardFailure? _expired;

    // If the server does not limit the rate of the client's body, and if Router limits the response's.
    private UploadRate _upload;
    private DownloadRate _download;

    /// <summary>Starts the clock.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="backend">The backend's limits.</param>
    /// <param name="context">The client's request.</param>
    /// <param name="now">The clock's current timestamp.</param>
    public RequestDeadline(TimeProvider time, BackendSettings backend, HttpContext context, long now)
    {
        (_time, _backend) = (time, backend);
        _began = _lastActivity = now;
        _requestEnded = now;
        _client = HalfClose
            .GoneOf(context, out _connectionOfClient)
            .UnsafeRegister(static self => ((RequestDeadline)self!).LoseClient(), this);
        _connectionOfClient?.Attach(this);
    }

    /// <summary>Cancelled when a deadline passes or the client disconnects.</summary>
    public CancellationToken Token
    {
        get
        {
            lock (_lock)
            {
                _source ??= new CancellationTokenSource();
                if (_cancelled)
                    _source.Cancel();
                return _source.Token;
            }
        }
    }

    /// <summary>Whether a deadline has passed or the client has disconnected.</summary>
    public bool IsCancelled => Volatile.Read(ref _cancelled);

    /// <summary>Whether the client has disconnected.</summary>
    public bool ClientIsGone { get; private set; }

    /// <summary>
    /// Registers what is disposed, in addition to cancelling the token, when a deadline passes or the client disconnects: a connection,
    /// whose individual reads and writes then do not need the token. Null clears the registration.
    /// </summary>
    public void CloseAtEnd(IDisposable? connection)
    {
        lock (_lock)
        {
            _connection = connection;
            if (_cancelled)
                connection?.Dispose();
        }
    }

    /// <summary>The deadline that passed; null if none has.</summary>
    public ForwardFailure? Expired
    {
        get
        {
            lock (_lock)
                return _expired;
        }
    }

    /// <summary>The response has started: from now on its pauses count.</summary>
    /// <param name="now">The clock's current timestamp.</param>
    public void ResponseStarted(long now)
    {
        // In this order: a concurrent reader sees the later of the two deadlines.
        Volatile.Write(ref _lastActivity, now);
        if (!TryMove(Phase.AwaitingResponse, Phase.Receiving) && !TryMove(Phase.Uploading, Phase.Receiving))
            // The upload has just ended.
            TryMove(Phase.AwaitingResponse, Phase.Receiving);
    }

    /// <summary>
    /// Sending the client's body has started. Until it ends, its pauses count, and the response timeout starts at its end.
    /// </summary>
    public void UploadStarted()
    {
        Touch();
        Volatile.Write(ref _requestEnded, long.MaxValue);
        TryMove(Phase.AwaitingResponse, Phase.Uploading);
    }

    /// <summary>From now on the client must send its body at a minimum rate, measured over the time that Router waits for it.</summary>
    /// <param name="bytesPerSecond">The rate; 0 for no limit.</param>
    public void LimitUpload(int bytesPerSecond) => _upload.Limit(bytesPerSecond);

    /// <summary>Router is waiting for more of the client's body.</summary>
    public void WaitsForUpload()
    {
        if (!_upload.IsLimited)
            return;
        lock (_lock)
            _upload.Wait(_time.GetTimestamp());
    }

    /// <summary>More of the client's body has arrived, or Router no longer waits for it.</summary>
    /// <param name="received">The total number of bytes received.</param>
    public void Received(long received)
    {
        if (!_upload.IsLimited)
            return;
        lock (_lock)
            _upload.Receive(received, _time);
    }

    /// <summary>The client's body has been sent completely.</summary>
    public void UploadEnded()
    {
        Touch();
        Volatile.Write(ref _requestEnded, Volatile.Read(ref _lastActivity));
        TryMove(Phase.Uploading, Phase.AwaitingResponse);
    }

    /// <summary>Whether the client has closed its sending side, and the server has seen it.</summary>
    public bool HasClientFinished => _connectionOfClient is { HasInputEnded: true };

    /// <summary>
    /// Whether a client that half-closes now may still be waiting for the response. It may while its body is incomplete: if the rest of the
    /// body does not arrive, the server detects that.
    /// </summary>
    public bool MayBeHalfClosed =>
        !_inputRequired
        && _phase < Phase.Upgraded
        && (Volatile.Read(ref _requestEnded) is var ended && (ended == long.MaxValue || _time.GetElapsedTime(ended) <= HalfClose.Grace));

    /// <summary>
    /// From now on a half-closed connection counts as disconnected: the request waits for a permit and must not be forwarded for a client
    /// that has disconnected, or it requests an upgrade.
    /// </summary>
    public void RequireInput()
    {
        _inputRequired = true;
        _connectionOfClient?.RequireInput();
    }

    /// <summary>A client that half-closes may be waiting for the response again.</summary>
    public void AllowHalfClose() => _inputRequired = false;

    /// <summary>
    /// The connection has been upgraded: it may last, and be idle, for as long as both sides like. Only <see cref="LimitDownload"/> still
    /// applies.
    /// </summary>
    public void Lift()
    {
        lock (_lock)
            TryMove(Phase.Receiving, Phase.Upgraded);
    }

    /// <summary>Ends the request now because the mode closes its backend; false if it has already ended.</summary>
    public bool Cut() => End(ForwardFailure.Cut);

    /// <summary>Ends the request now because Router is stopping; false if it has already ended.</summary>
    public bool Stop() => End(ForwardFailure.Stopped);

    /// <summary>Ends an upload that nobody waits for: the response is complete, or has failed.</summary>
    public void EndUpload() => Cancel();

    private bool End(ForwardFailure reason)
    {
        lock (_lock)
        {
            if (_phase >= Phase.Upgraded)
                return false;
            _phase = Phase.Over;
            _expired = reason;
        }

        Cancel();
        return true;
    }

    /// <summary>A piece of a body has been forwarded.</summary>
    public void Touch() => Volatile.Write(ref _lastActivity, _time.GetTimestamp());

    /// <summary>
    /// From now on the response is aborted if the client accepts it too slowly (<see cref="DownloadRate"/>).
    /// </summary>
    /// <param name="bytesPerSecond">The rate; 0 for no limit.</param>
    /// <param name="grace">How long the client may accept nothing.</param>
    public void LimitDownload(int bytesPerSecond, TimeSpan grace) =>
        _download.Limit(bytesPerSecond, (long)(grace.TotalSeconds * _time.TimestampFrequency));

    /// <summary>
    /// A piece of the response is being sent to the client. The time this takes does not count as a pause of the backend.
    /// </summary>
    public void PauseForClient()
    {
        _download.Send(_time);
        _waitsForClient = true;
    }

    /// <summary>The client has accepted the piece.</summary>
    /// <param name="taken">The total number of response bytes the client has accepted.</param>
    public void ResumeFromClient(long taken)
    {
        Touch();
        _waitsForClient = false;
        _download.Accept(taken, _time);
    }

    public void Dispose()
    {
        lock (_lock)
            _phase = Phase.Over;
        _connectionOfClient?.Detach();
        _client.Dispose();
    }

    /// <summary>Whether a deadline has passed and <see cref="Expire"/> must be called.</summary>
    public bool IsDue =>
        _phase is var phase and not Phase.Over
        && (
            IsDownloadTooSlow
            || (phase != Phase.Upgraded && (HasPassed(Limit, Since) || HasPassed(_backend.RequestTimeout, _began) || IsUploadTooSlow))
        );

    /// <summary>Ends the request if a deadline has passed.</summary>
    public void Expire()
    {
        lock (_lock)
        {
            if (!IsDue)
                return;
            var isTransferring = IsTransferring;
            _phase = Phase.Over;
            // A client that does not accept the response is treated as disconnected, as the server does over HTTP/1.1.
            ClientIsGone |= IsDownloadTooSlow;
            _expired =
                HasPassed(_backend.RequestTimeout, _began) ? ForwardFailure.RequestTimeout
                : IsUploadTooSlow ? ForwardFailure.RequestBodyTooSlow
                : isTransferring ? ForwardFailure.IdleTimeout
                : ForwardFailure.ResponseTimeout;
        }

        Cancel();
    }

    private void LoseClient()
    {
        ClientIsGone = true;
        Cancel();
    }

    private void Cancel()
    {
        CancellationTokenSource? source;
        lock (_lock)
        {
            _cancelled = true;
            source = _source;
            // Under the lock: once the registration has been cleared, the connection may be carrying another client's request.
            _connection?.Dispose();
        }

        source?.Cancel();
    }

    private bool IsUploadTooSlow
    {
        get
        {
            if (!_upload.IsLimited)
                return false;
            lock (_lock)
                return _upload.IsTooSlow(_time);
        }
    }

    private bool IsDownloadTooSlow => _waitsForClient && _download.IsTooSlow(_time);

    private bool IsTransferring => _phase is Phase.Uploading or Phase.Receiving;

    private TimeSpan? Limit => IsTransferring ? _backend.IdleTimeout : _backend.ResponseTimeout;

    // Time during which the client delays the transfer does not count.
    private long Since => _waitsForClient ? _time.GetTimestamp() : Volatile.Read(ref _lastActivity);

    private bool HasPassed(TimeSpan? limit, long since) => limit is { } span && _time.GetElapsedTime(since) >= span;

    // An end is final: the thread that reads the response and the one that sends the body each move only from the phase that they know.
    private bool TryMove(Phase from, Phase to) => Interlocked.CompareExchange(ref _phase, to, from) == from;

    private enum Phase
    {
        /// <summary>The request has been sent as far as it is known: the response must start in time.</summary>
        AwaitingResponse,

        /// <summary>The client's body is being sent: it must not pause for too long.</summary>
        Uploading,

        /// <summary>The response is being received, perhaps while the body is still sent: it must not pause for too long.</summary>
        Receiving,

        /// <summary>The connection carries another protocol, and may be idle.</summary>
        Upgraded,

        /// <summary>Nothing can end it any more.</summary>
        Over,
    }
}
