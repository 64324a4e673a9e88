using Router.Http;

namespace Router.Upstreams;

/// <summary>
/// Connects to the first of several addresses that responds (RFC 8305, "Happy Eyeballs"): attempts start one after the other, after a short
/// delay or as soon as one has failed, and the first connection wins.
/// </summary>
public static class ConnectionRace
{
    /// <summary>How long an attempt runs alone before the next one starts: the value that RFC 8305 section 8 recommends.</summary>
    public static TimeSpan AttemptDelay { get; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Returns the addresses to try, in order: the resolver's order with alternating address families (RFC 8305 section 4). An address
    /// whose last attempt failed comes after all others, and an address whose breaker is open is left out.
    /// </summary>
    public static ResolvedAddress[] Order(ResolvedAddress[] addresses) =>
        addresses is [var only]
            ? only.Breaker.IsOpen
                ? []
                : addresses
            :
            [
                .. Alternate(addresses.Where(address => address.Breaker is { IsOpen: false, IsSuspect: false })),
                .. Alternate(addresses.Where(address => address.Breaker is { IsOpen: false, IsSuspect: true })),
            ];

    /// <summary>Runs the attempts.</summary>
    /// <param name="addresses">The addresses to try, at least one, best first.</param>
    /// <param name="attempt">Connects to one of them.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends all attempts.</param>
    /// <exception cref="BackendException">All attempts have failed.</exception>
    public static Task<BackendConnection> RunAsync(
        ResolvedAddress[] addresses,
        Func<ResolvedAddress, CancellationToken, Task<BackendConnection>> attempt,
        TimeProvider time,
        CancellationToken cancellationToken
    ) => addresses is [var only] ? attempt(only, cancellationToken) : RaceAsync(addresses, attempt, time, cancellationToken);

    private static async Task<BackendConnection> RaceAsync(
        ResolvedAddress[] addresses,
        Func<ResolvedAddress, CancellationToken, Task<BackendConnection>> attempt,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var started = new List<Task<BackendConnection>>(addresses.Length);
        var running = new List<Task<BackendConnection>>(addresses.Length);
        try
        {
            while (true)
            {
                if (started.Count < addresses.Length)
                {
                    started.Add(attempt(addresses[started.Count], end.Token));
                    running.Add(started[^1]);
                }

                var ended = await FirstEndAsync(running, started.Count < addresses.Length ? AttemptDelay : null, time, end.Token)
                    .ConfigureAwait(false);
                if (ended is null)
                    continue;
                running.Remove(ended);
                if (ended.IsCompletedSuccessfully)
                {
                    for (var i = 0; i < started.IndexOf(ended); i++)
                    {
                        if (running.Contains(started[i]))
                            addresses[i].Breaker.MarkSuspect();
                    }

                    return await ended.ConfigureAwait(false);
                }

                if (running.Count == 0 && started.Count == addresses.Length)
                    return await ended.ConfigureAwait(false);
            }
        }
        finally
        {
            await end.CancelAsync().ConfigureAwait(false);
            running.ForEach(loser => _ = CloseAsync(loser));
        }
    }

    // Null if the next attempt should start in the meantime.
    private static async Task<Task<BackendConnection>?> FirstEndAsync(
        List<Task<BackendConnection>> running,
        TimeSpan? delay,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        if (delay is null)
            return await Task.WhenAny(running).ConfigureAwait(false);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var next = Task.Delay(delay.Value, time, ended.Token);
        var first = await Task.WhenAny([.. running, next]).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return first as Task<BackendConnection>;
    }

    private static async Task CloseAsync(Task<BackendConnection> loser)
    {
        await ((Task)loser).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (loser.IsCompletedSuccessfully)
            loser.Result.Dispose();
    }

    private static IEnumerable<ResolvedAddress> Alternate(IEnumerable<ResolvedAddress> addresses)
    {
        var all = addresses.ToList();
        var one = all.Where(address => address.Ip.AddressFamily == all[0].Ip.AddressFamily).ToList();
        var other = all.Except(one).ToList();
        for (var i = 0; i < Math.Max(one.Count, other.Count); i++)
        {
            if (i < one.Count)
                yield return one[i];
            if (i < other.Count)
                yield return other[i];
        }
    }
}
