using Router.Background;
using Router.Modes;

namespace Router.Serving;

/// <summary>
/// Prepares the closed site's responses as soon as the mode changes: that is exactly when a flood of visitors arrives, and the first must
/// not wait.
/// </summary>
public sealed class PagePreparation(CurrentSite site, ModeController modes, BackgroundFailures failures, FleetClock time) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        modes.Changed += Prepare;
        Prepare(modes.State);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        modes.Changed -= Prepare;
        return Task.CompletedTask;
    }

    // On another thread than the announcement's: that one holds a lock that a request may wait for.
    private void Prepare(ModeState state)
    {
        if (state.Mode.RestrictsAnything)
            ThreadPool.QueueUserWorkItem(_ =>
                failures.Run(nameof(PagePreparation), () => site.Current.Pages.Prepare(state.Outside, time.GetUtcNow()))
            );
    }
}
