namespace Router.Proxy.InFlight;

/// <summary>
/// Ends requests whose deadline has passed. At shutdown it also ends the remaining requests shortly before the server would abort their
/// connections, so that each client gets a response with the known outcome and this instance's last report includes every write. It checks
/// all requests twenty times a second, so that none needs its own timer.
/// </summary>
public sealed class DeadlineMonitor(InFlightRequests inFlight, IHostApplicationLifetime lifetime, TimeProvider time)
    : IHostedService,
        IDisposable
{
    // The maximum delay of a deadline.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    // The server allows nine seconds. The remainder is for sending the responses and the last report to the mode store.
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(8.5);

    private ITimer? _timer;
    private long? _stopping;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _timer = time.CreateTimer(static self => ((DeadlineMonitor)self!).OnTick(), this, Interval, Timeout.InfiniteTimeSpan);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _timer?.Dispose();

    private void OnTick()
    {
        // Outside the list's lock: an expired request may remove itself from the list immediately.
        foreach (var deadline in inFlight.Due() ?? [])
            deadline.Expire();
        if (lifetime.ApplicationStopping.IsCancellationRequested)
            EndAtStop();
        _timer?.Change(Interval, Timeout.InfiniteTimeSpan);
    }

    private void EndAtStop()
    {
        _stopping ??= time.GetTimestamp();
        if (time.GetElapsedTime(_stopping.Value) < StopTimeout)
            return;
        foreach (var record in inFlight.All())
            record.Stop();
    }
}
