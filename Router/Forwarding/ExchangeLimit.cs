using Router.Configuration;

namespace Router.Forwarding;

/// <summary>
/// The clock of one exchange: once the request has been sent the answer must begin in time, neither body must pause for too long,
/// the whole must not take too long, and all of it ends when the client goes away. Each piece of a body only notes the time;
/// a timer looks at the note.
/// </summary>
public sealed class ExchangeLimit : IDisposable
{
    private readonly TimeProvider _time;
    private readonly BackendSettings _backend;
    private readonly long _began;
    private readonly CancellationTokenRegistration _client;
    private readonly ITimer _timer;
    // Never disposed: the timer may just be cancelling it on another thread, and without a timer of its own it holds nothing.
    private readonly CancellationTokenSource _source = new();
    private readonly Lock _lock = new();
    private long _lastActivity;
    private volatile bool _held;
    private bool _uploading;
    private bool _answerBegan;
    private bool _over;
    private ForwardFailure? _expired;

    /// <summary>Starts the clock.</summary>
    public ExchangeLimit(TimeProvider time, BackendSettings backend, CancellationToken clientGone)
    {
        (_time, _backend) = (time, backend);
        _began = _lastActivity = time.GetTimestamp();
        _client = clientGone.UnsafeRegister(static self => ((ExchangeLimit)self!)._source.Cancel(), this);
        _timer = time.CreateTimer(static self => ((ExchangeLimit)self!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(Next(), Timeout.InfiniteTimeSpan);
    }

    /// <summary>Cancelled at a limit or when the client goes.</summary>
    public CancellationToken Token => _source.Token;

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
    public void AnswerBegan() => Enter(ref _answerBegan, true);

    /// <summary>The client's body begins to be sent: until its end its pauses count, and the answer has the time that it has from then on.</summary>
    public void UploadBegan() => Enter(ref _uploading, true);

    /// <summary>The client's body has been sent.</summary>
    public void UploadEnded() => Enter(ref _uploading, false);

    /// <summary>The exchange is a conversation now (an upgrade): it may last and be silent as long as both sides like.</summary>
    public void NoMore()
    {
        lock (_lock)
        {
            _over = true;
            _timer.Dispose();
        }
    }

    /// <summary>Ends the exchange now; false where it is over already.</summary>
    public bool Cut()
    {
        lock (_lock)
        {
            if (_over)
                return false;
            _over = true;
            _expired = ForwardFailure.Cut;
        }

        _source.Cancel();
        return true;
    }

    /// <summary>A piece of a body has passed.</summary>
    public void Touch() => Volatile.Write(ref _lastActivity, _time.GetTimestamp());

    /// <summary>The client is to take a piece of the answer. How long that lasts is the server's to limit, and no pause of the backend's.</summary>
    public void Hold() => _held = true;

    /// <summary>The client has taken it.</summary>
    public void Release()
    {
        Touch();
        _held = false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NoMore();
        _client.Dispose();
    }

    private void Enter(ref bool state, bool value)
    {
        lock (_lock)
        {
            state = value;
            Touch();
            if (!_over)
                _timer.Change(Next(), Timeout.InfiniteTimeSpan);
        }
    }

    private void Look()
    {
        lock (_lock)
        {
            if (_over)
                return;
            var left = Next();
            if (left > TimeSpan.Zero || left == Timeout.InfiniteTimeSpan)
            {
                _timer.Change(left, Timeout.InfiniteTimeSpan);
                return;
            }

            _over = true;
            _expired = _backend.RequestTimeout is { } whole && _time.GetElapsedTime(_began) >= whole ? ForwardFailure.RequestTimeout
                : _answerBegan || _uploading ? ForwardFailure.IdleTimeout
                : ForwardFailure.AnswerTimeout;
        }

        _source.Cancel();
    }

    private TimeSpan Next()
    {
        var next = Left(_answerBegan || _uploading ? _backend.IdleTimeout : _backend.ResponseTimeout, _held ? _time.GetTimestamp() : Volatile.Read(ref _lastActivity));
        var whole = Left(_backend.RequestTimeout, _began);
        if (whole is not null && (next is null || whole < next))
            next = whole;
        // Rounded up: a timer that rings a moment early would only have to be set again.
        return next is null ? Timeout.InfiniteTimeSpan
            : next <= TimeSpan.Zero ? TimeSpan.Zero
            : TimeSpan.FromMilliseconds(Math.Ceiling(next.Value.TotalMilliseconds));
    }

    private TimeSpan? Left(TimeSpan? limit, long since) => limit is null ? null : limit - _time.GetElapsedTime(since);
}
