using Router.Holding;

namespace Router.Serving;

/// <summary>
/// The start of a shutdown: for two seconds, or until the last client has disconnected, Router keeps serving, and each response announces
/// that its connection will close. Only then are listeners and idle connections closed, which would lose a request that has just been sent.
/// The two seconds are part of the nine that a shutdown takes.
/// </summary>
public sealed class StopGrace(ClientConnections connections, HeldRequests held, IHostApplicationLifetime lifetime, TimeProvider time)
    : IHostedLifecycleService
{
    /// <summary>The maximum duration.</summary>
    public static readonly TimeSpan MaxGrace = TimeSpan.FromSeconds(2);

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        // After a signal the host has announced the stop already; after a stop by code it would do so only once this has ended.
        lifetime.StopApplication();
        held.Stop();
        using var end = new CancellationTokenSource(MaxGrace, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, cancellationToken);
        await connections.WaitUntilNoneAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
