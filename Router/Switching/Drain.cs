using Router.Background;
using Router.Configuration;
using Router.Modes;
using Router.Proxy.InFlight;

namespace Router.Switching;

/// <summary>
/// Ends what is in flight to closed backends after a switch. Upgraded connections are asked to close at once and have two seconds. A
/// request that has not been sent yet is rejected; one that has been sent may go on until the drain limit, or for the step's own limit,
/// and is then cut.
/// </summary>
public sealed partial class Drain : BackgroundLoop
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private readonly ModeController _modes;
    private readonly InFlightRequests _inFlight;
    private readonly UncertainWrites _uncertain;
    private readonly TimeSpan _limit;
    private readonly TimeProvider _time;
    private readonly ILogger<Drain> _logger;
    private readonly AsyncAutoResetEvent _woken;
    private readonly Lock _polling = new();
    private ModeState? _drained;
    private (ModeState State, long Cut, long Uncertain)? _draining;

    public Drain(
        ModeController modes,
        InFlightRequests inFlight,
        UncertainWrites uncertain,
        RouterSettings settings,
        BackgroundFailures failures,
        TimeProvider time,
        ILogger<Drain> logger
    )
        : base(failures, time)
    {
        (_modes, _inFlight, _uncertain, _limit, _time, _logger) = (modes, inFlight, uncertain, settings.ModeStore.DrainLimit, time, logger);
        _woken = new AsyncAutoResetEvent(time);
        _woken.Set();
        modes.Changed += Wake;
    }

    /// <summary>How many requests and upgraded connections were cut since the step in force took effect.</summary>
    public long CutCount
    {
        get
        {
            lock (_polling)
                return _draining is { } draining ? _inFlight.CutCount - draining.Cut : 0;
        }
    }

    /// <summary>Raised once for each step that closes something, when nothing is in flight any more to what it closes.</summary>
    public event Action<DrainOutcome>? Ended;

    public override void Dispose()
    {
        _modes.Changed -= Wake;
        base.Dispose();
    }

    /// <summary>Closes and cuts what is due. False if nothing is in flight any more to what the mode closes.</summary>
    public bool Poll()
    {
        lock (_polling)
            return PollOnce();
    }

    /// <summary>Whether requests in flight to what the mode closes are to be cut.</summary>
    /// <param name="state">The mode.</param>
    /// <param name="sinceActivation">How long it has been in force here.</param>
    /// <param name="limit">The drain limit, for a step without a limit of its own.</param>
    public static bool IsCutDue(ModeState state, TimeSpan sinceActivation, TimeSpan limit) =>
        sinceActivation >= (state.Step.CutAfter ?? limit);

    protected override async Task RunAsync(CancellationToken stopping)
    {
        while (true)
        {
            await _woken.WaitAsync(Timeout.InfiniteTimeSpan, stopping).ConfigureAwait(false);
            while (Poll())
                await Task.Delay(Tick, _time, stopping).ConfigureAwait(false);
        }
    }

    private bool PollOnce()
    {
        var (state, closed) = Closed();
        if (_draining is not { } draining || !draining.State.Step.IsSameAs(state.Step))
        {
            // A switch that follows at once must not suppress the report on the end of this one.
            if (
                _draining is { } last
                && _drained?.Step.IsSameAs(last.State.Step) != true
                && _inFlight.BlockingFor(last.State).TrueForAll(record => record.Arrived > state.ActivatedAt)
            )
            {
                ReportOnce(last);
            }

            _draining = draining = (state, _inFlight.CutCount, _uncertain.Count);
        }

        var isDue = IsCutDue(state, _time.GetElapsedTime(state.ActivatedAt), _limit);
        foreach (var request in closed)
        {
            request.Close();
            if (isDue || !request.HasBegun)
                request.Cut();
        }

        var isDrained = _inFlight.BlockingFor(state).Count == 0;
        if (isDrained && _drained?.Step.IsSameAs(state.Step) != true)
            ReportOnce((state, draining.Cut, draining.Uncertain));
        return !isDrained;
    }

    // The mode, and what is in flight to what it closes. A request that the next mode has admitted may be among them, and must not be cut.
    // That mode was in force before the request was admitted, so it is seen when the mode is read again after the list.
    private (ModeState State, List<RequestContext> Closed) Closed()
    {
        while (true)
        {
            var state = _modes.State;
            var closed = _inFlight.ClosedBy(state);
            if (_modes.State.Step.IsSameAs(state.Step))
                return (state, closed);
        }
    }

    private void ReportOnce((ModeState State, long Cut, long Uncertain) draining)
    {
        var state = _drained = draining.State;
        // An instance that has not read the mode yet, or has lost the store, is closed without a switch.
        // Nor does a stage of a reopening close anything that was open.
        if (!state.Mode.ClosesWhatWasOpen || state.Record.Version.IsUnknown || state.IsLapsed)
            return;
        var outcome = new DrainOutcome(
            state,
            _time.GetElapsedTime(state.ActivatedAt),
            _inFlight.CutCount - draining.Cut,
            _uncertain.Count - draining.Uncertain
        );
        LogDrained(outcome.State.Mode, outcome.Took.TotalSeconds, outcome.Cut, outcome.UncertainWrites);
        Ended?.Invoke(outcome);
    }

    private void Wake(ModeState state) => _woken.Set();

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Drained {Seconds:F1} s after the switch: nothing is in flight to what {Mode} closes. Cut: {Cut}. Writes of unknown "
            + "outcome: {Uncertain}."
    )]
    private partial void LogDrained(Mode mode, double seconds, long cut, long uncertain);
}
