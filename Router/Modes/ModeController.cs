namespace Router.Modes;

/// <summary>
/// Holds the current state and puts scheduled steps in force. A step that is due takes effect with the first request that checks the mode,
/// or by a timer if there is no request, so that a late timer lets no request through. A step in force remains in force when the clock is
/// set back: only a new record replaces it.
/// </summary>
public sealed class ModeController : IDisposable
{
    // A timer uses a different clock from the one the step's time is given in, which may be set meanwhile. So it rechecks at intervals.
    private static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _changing = new();
    private readonly long? _lease;
    private long _leaseEnd;
    private volatile bool _isRegistered;
    private volatile ModeState _state;

    /// <summary>Starts with a record.</summary>
    /// <param name="time">The clock of the record's times.</param>
    /// <param name="initial">The record.</param>
    /// <param name="lease">How long the mode remains in force without contact with the store; null for no limit.</param>
    /// <param name="mustRegister">Whether this instance is closed until the store has accepted its first report: before that, no verdict
    /// takes it into account.</param>
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

    /// <summary>Whether the bypass with an id is valid now in a state.</summary>
    public bool HasBypass(ModeState state, string id) => state.BypassesAt(_time.GetUtcNow()).Any(bypass => bypass.Id == id);

    /// <summary>
    /// Raised, in order, for every new record and every step that takes effect; the state is already in force. Handlers must be quick: a
    /// request may be waiting.
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
            // Checked here rather than by a timer: a late timer would let requests through.
            return _lease is not null && !state.IsLapsed && IsOut ? Lapse() : state;
        }
    }

    /// <summary>The mode in force.</summary>
    public Mode Current => State.Mode;

    /// <summary>
    /// Whether the store has been read since this process was last suspended; null if the mode is stored in this process.
    /// </summary>
    public StoreContact? Contact { get; init; }

    /// <summary>Whether the mode may have changed unnoticed: this process was suspended and has not read the store since.</summary>
    public bool IsStale => Contact?.IsStaleAt(_time.GetTimestamp()) ?? false;

    /// <summary>
    /// The store has accepted a report, in an attempt that started at the given timestamp: the lease is renewed from then on, and a lapsed
    /// mode is in force again.
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
            // A step that is due takes effect under the old record: the new one may continue from it.
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
            // Another thread may have renewed the lease or let it lapse.
            if (_state.IsLapsed || !IsOut)
                return _state;
            Enter(_state.Record, _state.Index, _time.GetUtcNow());
            Announce();
            return _state;
        }
    }

    private void Enter(ModeRecord record, int index, DateTimeOffset now)
    {
        // With the time of the state before, a drain that reads it in between would cut at once.
        _state = new ModeState(record, index, now, _time.GetTimestamp(), IsOut);
        // Read after the state is in force: a request that starts later has certainly been checked against that state.
        _state = new ModeState(record, index, now, _time.GetTimestamp(), _state.IsLapsed);
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
                : wait < MaxWait ? TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds))
                : MaxWait,
            Timeout.InfiniteTimeSpan
        );
    }
}
