namespace Router.Background;

/// <summary>
/// A background service that runs as long as the process. The framework stops the host when a background service throws, which would close
/// the site because of one unreadable page; here the error is recorded and the work restarts.
/// </summary>
public abstract class BackgroundLoop(BackgroundFailures failures, TimeProvider time) : BackgroundService
{
    // Work that fails at once each time must not keep a processor busy.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>The work: returns only when it is asked to stop.</summary>
    protected abstract Task RunAsync(CancellationToken stopping);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                failures.Note(GetType().Name, failure);
                await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
