namespace Router.Upstreams;

/// <summary>
/// What has been forwarded to a backend since startup, whatever its configuration was. Each request adds to it once, without a lock.
/// </summary>
public sealed class BackendTotals
{
    private long _requests;
    private long _errors;
    private long _ticks;

    /// <summary>How many requests have ended.</summary>
    public long Requests => Volatile.Read(ref _requests);

    /// <summary>How many of them failed, or got a status of 500 or more.</summary>
    public long Errors => Volatile.Read(ref _errors);

    /// <summary>The sum of their durations.</summary>
    public TimeSpan Duration => TimeSpan.FromTicks(Volatile.Read(ref _ticks));

    /// <summary>Adds a request that has ended.</summary>
    public void Add(bool isError, TimeSpan took)
    {
        Interlocked.Increment(ref _requests);
        Interlocked.Add(ref _ticks, took.Ticks);
        if (isError)
            Interlocked.Increment(ref _errors);
    }
}
