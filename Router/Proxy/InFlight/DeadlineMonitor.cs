namespace Router.Proxy.InFlight;

/// <summary>
/// Ends the exchanges whose time is up, and, when Router stops, those that are still open shortly before the server would abort their
/// connections: so each client gets a response that says what is known, and the last report of this instance has every write. It looks at
/// all of them twenty times a second, so that none needs a timer of its own.
/// </summary>
public sealed class DeadlineMonitor(InFlightRequests inFlight, IHostApplicationLifetime lifetime, TimeProvider time)
    : IHostedService,
        IDisposable
{
    // By so much a limit may be late.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    // The server has nine seconds. The rest is for the responses, and for the last report to the mode's store.
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(8.5);

    private ITimer? _timer;
    private long? _stopping;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _timer = time.CreateTimer(static self => ((DeadlineMonitor)self!).Look(), this, Tick, Timeout.InfiniteTimeSpan);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _timer?.Dispose();

    private void Look()
    {
        // Outside of the list's lock: whoever is told may leave the list at once.
        foreach (var deadline in inFlight.Due() ?? [])
            deadline.Expire();
        if (lifetime.ApplicationStopping.IsCancellationRequested)
            EndAtStop();
        _timer?.Change(Tick, Timeout.InfiniteTimeSpan);
    }

    private void EndAtStop()
    {
        _stopping ??= time.GetTimestamp();
        if (time.GetElapsedTime(_stopping.Value) < StopPatience)
            return;
        foreach (var record in inFlight.All())
            record.Stop();
    }
}
