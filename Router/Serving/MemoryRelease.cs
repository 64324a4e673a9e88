using Router.Background;

namespace Router.Serving;

/// <summary>
/// Returns memory to the system after many clients have disconnected. Each connection with an unfinished request holds a buffer of 16 KiB;
/// a returned buffer is garbage, which nothing collects on a site that has become quiet. The collection stops all threads, so it runs only
/// if at most a quarter of 1,000 connections or more is left, and once for each such peak.
/// </summary>
public sealed partial class MemoryRelease(
    ClientConnections connections,
    BackgroundFailures failures,
    TimeProvider time,
    ILogger<MemoryRelease> logger
) : BackgroundLoop(failures, time)
{
    /// <summary>The smallest peak after which memory is returned.</summary>
    public const int SmallestPeak = 1_000;

    /// <summary>How often the number of connections is checked.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly TimeProvider _time = time;

    protected override async Task RunAsync(CancellationToken stopping)
    {
        while (true)
        {
            await Task.Delay(Interval, _time, stopping).ConfigureAwait(false);
            var (peak, open) = (connections.Peak, connections.Open);
            if (peak < SmallestPeak || open > peak / 4)
                continue;
            connections.ResetPeak();
            var before = GC.GetTotalMemory(forceFullCollection: false);
            // Aggressive: returns free regions to the system at once rather than over the next collections.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            LogReleased(peak, open, before >> 20, GC.GetTotalMemory(forceFullCollection: false) >> 20);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Released memory after a peak of {Peak} connections: {Open} are open now, and memory in use went from {Before} MiB to {After} MiB."
    )]
    private partial void LogReleased(int peak, int open, long before, long after);
}
