using Router.Background;

namespace Router.Forwarding.InFlight;

/// <summary>Ends the exchanges whose time is up. It looks at all of them twenty times a second, so that none needs a timer of its own.</summary>
public sealed class ExchangeWatch(OpenExchanges open, BackgroundFailures failures, TimeProvider time) : IHostedService, IDisposable
{
    // By so much a limit may be late.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    private ITimer? _timer;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _timer = time.CreateTimer(static self => ((ExchangeWatch)self!).Look(), this, Tick, Timeout.InfiniteTimeSpan);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();

    private void Look()
    {
        // Outside of the list's lock: whoever is told may leave the list at once.
        foreach (var limit in open.Due() ?? [])
            failures.Run(nameof(ExchangeWatch), limit.Expire);
        _timer?.Change(Tick, Timeout.InfiniteTimeSpan);
    }
}
