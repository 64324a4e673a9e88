using Router.Modes;
using Router.Modes.Stores;

namespace Router.Switching;

/// <summary>
/// Synchronises this instance with the mode store: reads the record each second and when it changes, and reports what this instance has
/// confirmed.
/// </summary>
public sealed class StoreWatcher : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ClosingInterval = TimeSpan.FromMilliseconds(250);

    // Frequent reports begin before a closing takes effect: what an instance that dies had in flight is known from its last heartbeat.
    private static readonly TimeSpan Closing = TimeSpan.FromSeconds(5);

    private readonly IModeStore _store;
    private readonly StorePoller _poller;
    private readonly FleetReporter _reporter;
    private readonly ReopeningGate _gate;
    private readonly ModeHistory _history;
    private readonly ModeController _modes;
    private readonly StoreHealth _health;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly FleetClock _time;
    private readonly AsyncAutoResetEvent _wake;

    public StoreWatcher(
        IModeStore store,
        StorePoller poller,
        FleetReporter reporter,
        ReopeningGate gate,
        ModeHistory history,
        ModeController modes,
        StoreHealth health,
        IHostApplicationLifetime lifetime,
        FleetClock time
    )
    {
        (_store, _poller, _reporter, _gate, _history, _modes, _health) = (store, poller, reporter, gate, history, modes, health);
        (_lifetime, _time, _wake) = (lifetime, time, new AsyncAutoResetEvent(time));
        modes.Changed += OnChanged;
        history.Added += _wake.Set;
        lifetime.ApplicationStarted.Register(_wake.Set);
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Before the server listens: its first response is in the right mode.
        await _poller.PollAsync(cancellationToken).ConfigureAwait(false);
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        // However little time is left: without this report the others count this instance as vanished. The store gives up within seconds by
        // itself.
        if (IsServing)
            await _reporter.ReportAsync(_reporter.Make(stopped: true), CancellationToken.None).ConfigureAwait(false);
    }

    public override void Dispose()
    {
        _modes.Changed -= OnChanged;
        _history.Added -= _wake.Set;
        base.Dispose();
    }

    /// <summary>How long to wait between two reports: short from shortly before a switch until nothing is in flight any more.</summary>
    public static TimeSpan IntervalFor(ModeState state, InstanceReport report, DateTimeOffset now)
    {
        var isClosing =
            state.Next?.At - now < Closing
            || report.BlockingCount > 0
            || (!state.Mode.AllowsWrites && (report.OpenWriteCount > 0 || now - state.Since < Closing));
        return isClosing ? ClosingInterval : Interval;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await RunOnceAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                // An instance that ends, or no longer follows the store, is worse than one that says it has a problem.
                _health.SetProblem($"Synchronising with the mode store failed: {failure.Message.TrimEnd('.')}");
                await Task.Delay(Interval, _time, stoppingToken).ConfigureAwait(false);
            }
        }
    }

    private bool IsServing => _lifetime.ApplicationStarted.IsCancellationRequested;

    private async Task RunOnceAsync(CancellationToken stopping)
    {
        var began = _modes.Contact?.Runs() ?? _time.GetTimestamp();
        var isReached = await _poller.PollAsync(stopping).ConfigureAwait(false);
        var report = _reporter.Make();
        // An instance that fails to start does not register. A request that arrives before the registration waits for it: see StoreContact.
        if (IsServing)
        {
            isReached &= await _reporter.ReportAsync(report, stopping).ConfigureAwait(false);
            // Before a waiting request asks for the mode.
            if (isReached)
                _modes.Renew(began);
            _modes.Contact?.Tried(began);
        }

        await CheckReopeningAsync(stopping).ConfigureAwait(false);
        await WriteHistoryAsync(stopping).ConfigureAwait(false);
        await WaitAsync(IntervalFor(_modes.State, report, _time.GetUtcNow()), stopping).ConfigureAwait(false);
    }

    private async Task WaitAsync(TimeSpan timeout, CancellationToken stopping)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var woken = _wake.WaitAsync(Timeout.InfiniteTimeSpan, enough.Token);
        var changed = _store.WaitForChangeAsync(timeout, enough.Token);
        await Task.WhenAny(woken, changed).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(woken, changed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stopping.ThrowIfCancellationRequested();
    }

    private async Task WriteHistoryAsync(CancellationToken cancellation)
    {
        try
        {
            await _history.WriteAsync(cancellation).ConfigureAwait(false);
        }
        catch (ModeStoreException error)
        {
            _health.WarnNotWritten(error.Message);
        }
    }

    private async Task CheckReopeningAsync(CancellationToken cancellation)
    {
        try
        {
            if (_reporter.IsObserver)
                await _gate.CheckAsync(cancellation).ConfigureAwait(false);
        }
        catch (ModeStoreException error)
        {
            _health.WarnNotWritten(error.Message);
        }
    }

    private void OnChanged(ModeState state) => _wake.Set();
}
