namespace Router.Serving;

/// <summary>
/// The beginning of a stop: for two seconds, or until the last client has gone, Router serves on, and each response says that its
/// connection ends. Only then are listeners and idle connections closed, which would lose a request that has just been sent. The two
/// seconds are part of the nine that a stop takes.
/// </summary>
public sealed class StopGrace(ClientConnections connections, IHostApplicationLifetime lifetime, TimeProvider time) : IHostedLifecycleService
{
    /// <summary>How long it lasts at most.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        // After a signal it is known already; after a stop by code the host would say so only when this has ended.
        lifetime.StopApplication();
        using var end = new CancellationTokenSource(Longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, cancellationToken);
        await connections.WaitUntilNoneAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
