namespace Router.Proxy.InFlight;

/// <summary>The most recent writes with an unknown outcome.</summary>
public sealed class UncertainWrites
{
    /// <summary>The maximum number of writes kept.</summary>
    public const int MaxKept = 256;

    private readonly Queue<UncertainWrite> _writes = new();
    private readonly Lock _lock = new();
    private long _count;
    private DateTimeOffset? _settledBy;

    /// <summary>The number of such writes since startup, including those no longer kept.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>When the last of them has settled, including those no longer kept; null if there have been none.</summary>
    public DateTimeOffset? SettledBy
    {
        get
        {
            lock (_lock)
                return _settledBy;
        }
    }

    /// <summary>
    /// Adds a write. Call this before the request is removed from <see cref="InFlightRequests"/>, so that it is in at least one of the two
    /// at any time.
    /// </summary>
    public void Add(UncertainWrite write)
    {
        lock (_lock)
        {
            _count++;
            if (_settledBy is not { } latest || latest < write.SettlesAt)
                _settledBy = write.SettlesAt;
            _writes.Enqueue(write);
            if (_writes.Count > MaxKept)
                _writes.Dequeue();
        }
    }

    /// <summary>The writes since a point in time, oldest first.</summary>
    public IReadOnlyList<UncertainWrite> Since(DateTimeOffset time)
    {
        lock (_lock)
            return [.. _writes.Where(write => write.Time >= time)];
    }
}
