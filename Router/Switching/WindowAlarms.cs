using Router.Background;
using Router.Configuration;
using Router.Modes;

namespace Router.Switching;

/// <summary>
/// Logs, once each, that a window of downtime lasts longer than announced or very long, and that this instance has closed itself and is
/// back in the fleet's mode.
/// </summary>
public sealed partial class WindowAlarms : BackgroundLoop
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ModeController _modes;
    private readonly TimeSpan? _lease;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly FleetClock _clock;
    private readonly ILogger<WindowAlarms> _logger;
    private string? _overrunOf;
    private string? _longWindow;
    private bool _isWaiting;

    public WindowAlarms(
        ModeController modes,
        RouterSettings settings,
        IHostApplicationLifetime lifetime,
        BackgroundFailures failures,
        FleetClock clock,
        ILogger<WindowAlarms> logger
    )
        : base(failures, clock)
    {
        (_modes, _lease, _lifetime, _clock, _logger) = (modes, settings.ModeStore.Lease, lifetime, clock, logger);
        _isWaiting = IsWaiting(modes.State);
        modes.Changed += WarnLapsed;
    }

    public override void Dispose()
    {
        _modes.Changed -= WarnLapsed;
        base.Dispose();
    }

    protected override async Task RunAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Interval, _clock);
        do
        {
            WarnOverrun();
            WarnLength();
        } while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false));
    }

    private void WarnOverrun()
    {
        var state = _modes.State;
        if (
            state.OverrunAt(_clock.GetUtcNow()) == TimeSpan.Zero
            || state.Step.Until is not { } until
            || _overrunOf == $"{state.Step.Window} {until:O}"
        )
            return;
        _overrunOf = $"{state.Step.Window} {until:O}";
        LogOverrun(state.Mode, until.UtcDateTime);
    }

    private void WarnLength()
    {
        var state = _modes.State;
        if (state.WarningAt(_clock.GetUtcNow()) is not { } warning || _longWindow == state.Step.Window)
            return;
        _longWindow = state.Step.Window;
        LogLong(warning);
    }

    // Closed by itself, whatever the mode of the site: without contact with the store, or before the first.
    private static bool IsWaiting(ModeState state) => state.IsLapsed || state.Record.Version.IsUnknown;

    private void WarnLapsed(ModeState state)
    {
        // During the start, the line that says where it listens reports this.
        if (_lifetime.ApplicationStarted.IsCancellationRequested)
        {
            if (state.IsLapsed && _lease is { } lease)
                LogLapsed(lease);
            else if (_isWaiting && !IsWaiting(state))
                LogFollows(state.Mode, state.Mode.Summary);
        }

        _isWaiting = IsWaiting(state);
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The announced end of {Mode}, {Until:O}, has passed. The site remains in that mode until an operator changes it."
    )]
    private partial void LogOverrun(Mode mode, DateTime until);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Warning}.")]
    private partial void LogLong(string warning);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The mode store has not been reachable for {Lease}. This instance has closed itself until it is (Router:ModeStore:Lease)."
    )]
    private partial void LogLapsed(TimeSpan lease);

    [LoggerMessage(Level = LogLevel.Information, Message = "This instance follows the mode store now, in mode {Mode}: {Summary}.")]
    private partial void LogFollows(Mode mode, string summary);
}
