namespace Router.Serving;

/// <summary>
/// Counts connections that could not be accepted because the process or the machine had run out of descriptors or memory.
/// </summary>
public sealed partial class AcceptFailures(TimeProvider time, ILogger<AcceptFailures> logger)
{
    // With connections in the backlog, accept fails again at once. Without a pause it would keep a socket thread busy that other
    // connections need.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan WarningInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private long _count;
    private long _warnedAt;

    public long Count => Interlocked.Read(ref _count);

    /// <summary>Records a failure and waits before the next attempt.</summary>
    public Task NoteAndPauseAsync(string problem)
    {
        Interlocked.Increment(ref _count);
        var warns = false;
        lock (_lock)
        {
            if (_warnedAt == 0 || time.GetElapsedTime(_warnedAt) >= WarningInterval)
                (warns, _warnedAt) = (true, time.GetTimestamp());
        }

        if (warns)
            LogFailed(problem);
        return Task.Delay(Pause, time);
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "A connection could not be accepted: {Problem}. Open connections are still served. Raise the limit of open files "
            + "(LimitNOFILE, ulimit -n) or lower Router:Limits:MaxConnections. Logged once a minute; router_accept_failures_total counts "
            + "them."
    )]
    private partial void LogFailed(string problem);
}
