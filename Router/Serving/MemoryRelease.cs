using Router.Background;
using Router.Routing;

namespace Router.Serving;

/// <summary>
/// Returns memory to the system after many clients have disconnected. Each connection with an unfinished request holds a buffer of 16 KiB;
/// a returned buffer is garbage, which nothing collects on a site that has become quiet. The collection stops all threads, so it runs only
/// if at most a quarter of 1,000 connections or more is left, and once for each such peak. Reading a large configuration leaves more
/// garbage than the route table takes; it runs once after that too, at the start before anybody is served.
/// </summary>
public sealed partial class MemoryRelease(
    ClientConnections connections,
    CurrentSite site,
    BackgroundFailures failures,
    TimeProvider time,
    ILogger<MemoryRelease> logger
) : BackgroundLoop(failures, time)
{
    /// <summary>The smallest peak after which memory is returned.</summary>
    public const int SmallestPeak = 1_000;

    /// <summary>The smallest number of routes whose reading leaves tens of megabytes.</summary>
    public const int LargeTable = 10_000;

    /// <summary>How often the number of connections is checked.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly TimeProvider _time = time;
    private RouteTable? _released;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        ReleaseTable();
        return base.StartAsync(cancellationToken);
    }

    protected override async Task RunAsync(CancellationToken stopping)
    {
        while (true)
        {
            await Task.Delay(Interval, _time, stopping).ConfigureAwait(false);
            var (peak, open) = (connections.Peak, connections.Open);
            if (peak >= SmallestPeak && open <= peak / 4)
            {
                connections.ResetPeak();
                var (before, after) = Collect();
                _released = site.Current.Table;
                LogReleased(peak, open, before, after);
            }

            ReleaseTable();
        }
    }

    private void ReleaseTable()
    {
        var table = site.Current.Table;
        if (table != _released && table.Routes.Length >= LargeTable)
        {
            var (before, after) = Collect();
            LogReleasedOfTable(table.Routes.Length, before, after);
        }

        _released = table;
    }

    // In MiB.
    private static (long Before, long After) Collect()
    {
        var before = GC.GetTotalMemory(forceFullCollection: false);
        // Aggressive: returns free regions to the system at once rather than over the next collections.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return (before >> 20, GC.GetTotalMemory(forceFullCollection: false) >> 20);
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Released memory after {Routes} routes were read: memory in use went from {Before} MiB to {After} MiB."
    )]
    private partial void LogReleasedOfTable(int routes, long before, long after);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Released memory after a peak of {Peak} connections: {Open} are open now, and memory in use went from {Before} MiB to "
            + "{After} MiB."
    )]
    private partial void LogReleased(int peak, int open, long before, long after);
}
