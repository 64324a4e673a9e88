namespace Router.Modes;

/// <summary>
/// Holds the state that every request asks for, and puts scheduled steps in force. A step that is due takes effect with the first request
/// that asks, or by a timer where none does, so that no timer's lateness lets a request through. A step that was in force stays so when
/// the clock is set back: only a new record takes a step back.
/// </summary>
public sealed class ModeController : IDisposable
{
    // A timer runs by another clock than the instant is given in: one that may be set meanwhile. So it looks again now and then.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _changing = new();
    private volatile ModeState _state;

    /// <summary>Begins with a record.</summary>
    public ModeController(TimeProvider time, ModeRecord initial)
    {
        _time = time;
        var now = time.GetUtcNow();
        _state = new ModeState(initial, initial.IndexAt(now), now, time.GetTimestamp());
        _timer = time.CreateTimer(static self => ((ModeController)self!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        SetTimer();
    }

    /// <summary>Begins with a mode that nobody has changed yet.</summary>
    public ModeController(TimeProvider time, Mode initial)
        : this(time, new ModeRecord { Version = 0, Steps = [new ModeStep { Mode = initial, At = time.GetUtcNow() }] })
    {
    }

    /// <summary>
    /// Is told, in order, of every new record and every step that takes effect; the state is in force by then. It must be quick:
    /// a request may be waiting.
    /// </summary>
    public event Action<ModeState>? Changed;

    /// <summary>The state in force.</summary>
    public ModeState State
    {
        get
        {
            var state = _state;
            return state.Next is { } next && next.At <= _time.GetUtcNow() ? Advance() : state;
        }
    }

    /// <summary>The mode in force.</summary>
    public Mode Current => State.Mode;

    /// <summary>
    /// Takes a record over where it is newer than the one that is known; false where it is not. One that only tells more of
    /// the step in force leaves that step as it is.
    /// </summary>
    public bool Offer(ModeRecord record)
    {
        lock (_changing)
        {
            // What is due takes effect under the old record: it may be what the new one goes on from.
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

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

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

    private void Enter(ModeRecord record, int index, DateTimeOffset now)
    {
        _state = new ModeState(record, index, now, _state.ActivatedAt);
        // Taken when the state is in force already: what begins after it has met that state for certain.
        _state = _state with { ActivatedAt = _time.GetTimestamp() };
    }

    private void Announce()
    {
        SetTimer();
        Changed?.Invoke(_state);
    }

    private void Look()
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
        _timer.Change(wait <= TimeSpan.Zero ? TimeSpan.Zero : wait < LongestWait ? TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)) : LongestWait, Timeout.InfiniteTimeSpan);
    }
}
