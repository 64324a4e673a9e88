namespace Router.Modes;

/// <summary>
/// Holds the current state, and puts scheduled steps in force. A step that is due takes effect with the first request
/// that asks, or by a timer if none does, so that a late timer lets no request through. A step in force stays in force when the clock is
/// set back: only a new record replaces it.
/// </summary>
public sealed class ModeController : IDisposable
{
    // A timer runs by another clock than the instant is given in: one that may be set meanwhile. So it checks again now and then.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _changing = new();
    private readonly long? _lease;
    private long _leaseEnd;
    private volatile bool _isRegistered;
    private volatile ModeState _state;

    /// <summary>Starts with a record.</summary>
    /// <param name="time">The clock that the record's instants are given in.</param>
    /// <param name="initial">The record.</param>
    /// <param name="lease">For how long the mode stays in force without contact with the store; null for ever.</param>
    /// <param name="mustRegister">Whether this instance is closed until the store has taken its first report: before that no verdict knows
    /// of it.</param>
    public ModeController(TimeProvider time, ModeRecord initial, TimeSpan? lease = null, bool mustRegister = false)
    {
        _time = time;
        _isRegistered = !mustRegister;
        _lease = lease is { } span ? (long)(span.TotalSeconds * time.TimestampFrequency) : null;
        _leaseEnd = time.GetTimestamp() + _lease.GetValueOrDefault();
        var now = time.GetUtcNow();
        _state = new ModeState(initial, initial.IndexAt(now), now, time.GetTimestamp(), mustRegister);
        _timer = time.CreateTimer(
            static self => ((ModeController)self!).OnTimer(),
            this,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan
        );
        SetTimer();
    }

    /// <summary>Starts with a mode that is in no store.</summary>
    public ModeController(TimeProvider time, Mode initial)
        : this(time, new ModeRecord { Version = RecordVersion.NotStored, Steps = [new ModeStep { Mode = initial, At = time.GetUtcNow() }] })
    { }

    /// <summary>
    /// Raised, in order, for every new record and every step that takes effect; the state is in force by then. Handlers must be quick:
    /// a request may be waiting.
    /// </summary>
    public event Action<ModeState>? Changed;

    /// <summary>The state in force.</summary>
    public ModeState State
    {
        get
        {
            var state = _state;
            if (state.Next is { } next && next.At <= _time.GetUtcNow())
                state = Advance();
            // Checked here and not by a timer: a late timer would let requests through.
            return _lease is not null && !state.IsLapsed && IsOut ? Lapse() : state;
        }
    }

    /// <summary>The mode in force.</summary>
    public Mode Current => State.Mode;

    /// <summary>Whether the store has been asked since this process was last paused; null where the mode lives in this process.</summary>
    public StoreContact? Contact { get; init; }

    /// <summary>Whether the mode may have changed unnoticed: this process was paused and has not asked the store since.</summary>
    public bool IsStale => Contact?.IsStaleAt(_time.GetTimestamp()) ?? false;

    /// <summary>
    /// The store has taken a report, in an attempt that started at a timestamp: the lease is renewed from then on, and a mode that had
    /// lapsed is in force again.
    /// </summary>
    public void Renew(long begun)
    {
        Volatile.Write(ref _leaseEnd, begun + _lease.GetValueOrDefault());
        _isRegistered = true;
        lock (_changing)
        {
            if (_state is not { IsLapsed: true } state || IsOut)
                return;
            var now = _time.GetUtcNow();
            Enter(state.Record, Math.Max(state.Record.IndexAt(now), state.Index), now);
            Announce();
        }
    }

    /// <summary>
    /// Applies a record if it is newer than the known one; false if it is not. A record that only amends the step in force does not restart
    /// it.
    /// </summary>
    public bool Offer(ModeRecord record)
    {
        lock (_changing)
        {
            // What is due takes effect under the old record: the new one may continue from it.
            var before = State;
            if (record.Version <= before.Record.Version)
                return false;
            var now = _time.GetUtcNow();
            var index = record.IndexAt(now);
            for (var i = index + 1; i < record.Steps.Length; i++)
            {
                if (record.Steps[i].IsSameAs(before.Step))
                    index = i;
            }

            if (record.Steps[index].IsSameAs(before.Step))
                _state = new ModeState(record, index, before.Since, before.ActivatedAt);
            else
                Enter(record, index, now);
            Announce();
            return true;
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        Contact?.Dispose();
    }

    private ModeState Advance()
    {
        lock (_changing)
        {
            var (state, now) = (_state, _time.GetUtcNow());
            // Another thread may have been here first.
            if (state.Next is not { } next || next.At > now)
                return state;
            Enter(state.Record, Math.Max(state.Record.IndexAt(now), state.Index + 1), now);
            Announce();
            return _state;
        }
    }

    private bool IsOut => !_isRegistered || (_lease is not null && _time.GetTimestamp() > Volatile.Read(ref _leaseEnd));

    private ModeState Lapse()
    {
        lock (_changing)
        {
            // It may have been renewed, or lapsed, on another thread.
            if (_state.IsLapsed || !IsOut)
                return _state;
            Enter(_state.Record, _state.Index, _time.GetUtcNow());
            Announce();
            return _state;
        }
    }

    private void Enter(ModeRecord record, int index, DateTimeOffset now)
    {
        _state = new ModeState(record, index, now, _state.ActivatedAt, IsOut);
        // Read after the state is in force: what starts later has certainly met that state.
        _state = _state with
        {
            ActivatedAt = _time.GetTimestamp(),
        };
    }

    private void Announce()
    {
        SetTimer();
        Changed?.Invoke(_state);
    }

    private void OnTimer()
    {
        _ = State;
        lock (_changing)
            SetTimer();
    }

    private void SetTimer()
    {
        if (_state.Next is not { } next)
            return;
        var wait = next.At - _time.GetUtcNow();
        _timer.Change(
            wait <= TimeSpan.Zero ? TimeSpan.Zero
                : wait < LongestWait ? TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds))
                : LongestWait,
            Timeout.InfiniteTimeSpan
        );
    }
}
