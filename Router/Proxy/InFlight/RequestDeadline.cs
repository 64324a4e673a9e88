using Microsoft.AspNetCore.Connections.Features;
using Router.Configuration;
using Router.Headers;
using Router.Http;

namespace Router.Proxy.InFlight;

/// <summary>
/// The clock of one exchange: once the request has been sent the answer must begin in time, neither body must pause for too long,
/// the whole must not take too long, and all of it ends when the client goes away. Each piece of a body only notes the time;
/// <see cref="InFlight.DeadlineMonitor"/> looks at the note, of all exchanges in turn: a timer for each would cost more than all else here.
/// </summary>
public sealed class RequestDeadline : IDisposable
{
    /// <summary>How long a client may be slow with its body before the data rate applies.</summary>
    public static readonly TimeSpan UploadGrace = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time;
    private readonly BackendSettings _backend;
    private readonly long _began;
    private readonly CancellationTokenRegistration _client;
    private readonly HalfClose? _connectionOfClient;
    private readonly Lock _lock = new();

    // Made when somebody asks for it. Never disposed: somebody may just be cancelling it on another thread, and without a timer of its own
    // it holds nothing.
    private CancellationTokenSource? _source;
    private IDisposable? _connection;
    private bool _cancelled;
    private long _lastActivity;
    private long _requestEnded;
    private volatile bool _held;
    private volatile bool _uploading;
    private volatile bool _answerBegan;
    private volatile bool _inputRequired;
    private volatile bool _over;
    private ForwardFailure? _expired;

    // Of the client's body, where the server does not limit its rate: bytes a second (0 for no limit), bytes received, and how long they
    // were waited for.
    private int _minRate;
    private long _received;
    private TimeSpan _waited;
    private long? _waitsSince;

    // Of the response, where Router limits its rate: bytes a second (0 for no limit), the grace in ticks of the clock, how many bytes the
    // client has taken, and the timestamp by which it must have taken the next piece.
    private int _takeRate;
    private long _takeGrace;
    private long _taken;
    private long _takeBy;

    /// <summary>Starts the clock.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="backend">The backend's limits.</param>
    /// <param name="context">The client's request.</param>
    /// <param name="now">A timestamp of the clock.</param>
    public RequestDeadline(TimeProvider time, BackendSettings backend, HttpContext context, long now)
    {
        (_time, _backend) = (time, backend);
        _began = _lastActivity = now;
        _requestEnded = now;
        _client = GoneOf(context, out _connectionOfClient).UnsafeRegister(static self => ((RequestDeadline)self!).LoseClient(), this);
        _connectionOfClient?.Begin(this);
    }

    /// <summary>Cancelled at a limit or when the client goes.</summary>
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

    /// <summary>Whether a limit has passed or the client is gone.</summary>
    public bool IsCancelled => Volatile.Read(ref _cancelled);

    /// <summary>Whether the client went away.</summary>
    public bool ClientIsGone { get; private set; }

    /// <summary>
    /// What is closed at a limit or when the client goes, beside the token: a connection, whose reads and writes then need not each know
    /// the token. Null where nothing is any more.
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

    /// <summary>Which limit it was; null where none.</summary>
    public ForwardFailure? Expired
    {
        get
        {
            lock (_lock)
                return _expired;
        }
    }

    /// <summary>The answer has begun: from now on its pauses count.</summary>
    /// <param name="now">A timestamp of the clock.</param>
    public void ResponseStarted(long now)
    {
        // In this order: who looks in between finds the later of two limits.
        Volatile.Write(ref _lastActivity, now);
        _answerBegan = true;
    }

    /// <summary>
    /// The client's body begins to be sent: until its end its pauses count, and the answer has the time that it has from then on.
    /// </summary>
    public void UploadStarted()
    {
        Touch();
        _uploading = true;
    }

    /// <summary>From now on the client must send its body at a rate, measured over the time that Router waits for it.</summary>
    /// <param name="bytesPerSecond">The rate; 0 for no limit.</param>
    public void LimitUpload(int bytesPerSecond) => _minRate = bytesPerSecond;

    /// <summary>Router waits for more of the client's body.</summary>
    public void WaitsForUpload()
    {
        if (_minRate == 0)
            return;
        lock (_lock)
            _waitsSince = _time.GetTimestamp();
    }

    /// <summary>More of the client's body has come, or nobody waits for it any more.</summary>
    /// <param name="received">How many bytes have come in all.</param>
    public void Received(long received)
    {
        if (_minRate == 0)
            return;
        lock (_lock)
        {
            if (_waitsSince is { } since)
                _waited += _time.GetElapsedTime(since);
            (_waitsSince, _received) = (null, received);
        }
    }

    /// <summary>The client's body has been sent.</summary>
    public void UploadEnded()
    {
        Touch();
        Volatile.Write(ref _requestEnded, Volatile.Read(ref _lastActivity));
        _uploading = false;
    }

    /// <summary>
    /// Whether a client that sends no more now waits for the response. While a body is missing it may: if the body does not come, the
    /// server finds out.
    /// </summary>
    public bool MayBeHalfClosed =>
        !_over && !_inputRequired && (_uploading || _time.GetElapsedTime(Volatile.Read(ref _requestEnded)) <= HalfClose.Grace);

    /// <summary>
    /// From now on a client that sends no more is gone: the request waits for a permit, and must not be forwarded for a client that has
    /// left, or it asks for an upgrade.
    /// </summary>
    public void RequireInput()
    {
        _inputRequired = true;
        _connectionOfClient?.RequireInput();
    }

    /// <summary>A client that sends no more may wait for the response again.</summary>
    public void AllowHalfClose() => _inputRequired = false;

    /// <summary>The exchange is a conversation now (an upgrade): it may last and be silent as long as both sides like.</summary>
    public void Lift()
    {
        lock (_lock)
            _over = true;
    }

    /// <summary>Ends the exchange now because the mode closes its backend; false where it is over already.</summary>
    public bool Cut() => End(ForwardFailure.Cut);

    /// <summary>Ends the exchange now because Router stops; false where it is over already.</summary>
    public bool Stop() => End(ForwardFailure.Stopped);

    private bool End(ForwardFailure reason)
    {
        lock (_lock)
        {
            if (_over)
                return false;
            _over = true;
            _expired = reason;
        }

        Cancel();
        return true;
    }

    /// <summary>A piece of a body has passed.</summary>
    public void Touch() => Volatile.Write(ref _lastActivity, _time.GetTimestamp());

    /// <summary>
    /// From now on a client that takes the response too slowly loses it. Each piece has the grace at least, and what was taken faster than
    /// at the rate counts for the pieces after it, as it does with the server's own limit.
    /// </summary>
    /// <param name="bytesPerSecond">The rate; 0 for no limit.</param>
    /// <param name="grace">For how long the client may take nothing.</param>
    public void LimitDownload(int bytesPerSecond, TimeSpan grace) =>
        (_takeRate, _takeGrace) = (bytesPerSecond, (long)(grace.TotalSeconds * _time.TimestampFrequency));

    /// <summary>The client is to take a piece of the answer. How long that lasts is not a pause of the backend's.</summary>
    public void PauseForClient()
    {
        if (_takeRate != 0)
            Volatile.Write(ref _takeBy, Math.Max(_takeBy, _time.GetTimestamp() + _takeGrace));
        _held = true;
    }

    /// <summary>The client has taken it.</summary>
    /// <param name="taken">How many bytes of the response it has taken in all.</param>
    public void ResumeFromClient(long taken)
    {
        Touch();
        _held = false;
        if (_takeRate == 0)
            return;
        Volatile.Write(ref _takeBy, _takeBy + ((taken - _taken) * _time.TimestampFrequency / _takeRate));
        _taken = taken;
    }

    public void Dispose()
    {
        Lift();
        _connectionOfClient?.End();
        _client.Dispose();
    }

    /// <summary>Whether a limit has passed, and <see cref="Expire"/> is to be called.</summary>
    public bool IsDue =>
        !_over
        && (
            HasPassed(Limit, Since)
            || HasPassed(_backend.RequestTimeout, _began)
            || (_minRate != 0 && IsUploadTooSlow())
            || IsDownloadTooSlow
        );

    /// <summary>Ends the exchange where a limit has passed.</summary>
    public void Expire()
    {
        lock (_lock)
        {
            if (!IsDue)
                return;
            _over = true;
            // Whoever does not take the response is treated as a client that is gone, as the server does over HTTP/1.1.
            ClientIsGone |= IsDownloadTooSlow;
            _expired =
                HasPassed(_backend.RequestTimeout, _began) ? ForwardFailure.RequestTimeout
                : _minRate != 0 && IsUploadTooSlow() ? ForwardFailure.RequestBodyTooSlow
                : _answerBegan || _uploading ? ForwardFailure.IdleTimeout
                : ForwardFailure.ResponseTimeout;
        }

        Cancel();
    }

    // The server makes a token for each request that is asked for it. In HTTP/1 a request is gone with its connection, which has one
    // already.
    private static CancellationToken GoneOf(HttpContext context, out HalfClose? connection)
    {
        connection = null;
        if (!HttpProtocol.IsHttp11(context.Request.Protocol) || context.Feature<IConnectionLifetimeFeature>() is not { } lifetime)
            return context.RequestAborted;
        connection = lifetime as HalfClose;
        return lifetime.ConnectionClosed;
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
            // Under the lock: once Closes(null) has returned, the connection may be carrying somebody else's request.
            _connection?.Dispose();
        }

        source?.Cancel();
    }

    private bool IsUploadTooSlow()
    {
        lock (_lock)
        {
            if (_waitsSince is not { } since)
                return false;
            var waited = _waited + _time.GetElapsedTime(since);
            return waited > UploadGrace && _received < _minRate * waited.TotalSeconds;
        }
    }

    private bool IsDownloadTooSlow => _takeRate != 0 && _held && _time.GetTimestamp() >= Volatile.Read(ref _takeBy);

    private TimeSpan? Limit => _answerBegan || _uploading ? _backend.IdleTimeout : _backend.ResponseTimeout;

    // What the client holds up stands still.
    private long Since => _held ? _time.GetTimestamp() : Volatile.Read(ref _lastActivity);

    private bool HasPassed(TimeSpan? limit, long since) => limit is { } span && _time.GetElapsedTime(since) >= span;
}
