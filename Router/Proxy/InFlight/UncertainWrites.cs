namespace Router.Proxy.InFlight;

/// <summary>The newest writes whose outcome is unknown.</summary>
public sealed class UncertainWrites
{
    /// <summary>How many are kept.</summary>
    public const int Most = 256;

    private readonly Queue<UncertainWrite> _writes = new();
    private readonly Lock _lock = new();
    private long _count;
    private DateTimeOffset? _settledBy;

    /// <summary>How many there were since the start, those included that are no longer kept.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>When the last of all of them has settled, those included that are no longer kept; null where there was none.</summary>
    public DateTimeOffset? SettledBy
    {
        get
        {
            lock (_lock)
                return _settledBy;
        }
    }

    /// <summary>
    /// Keeps one. To be called before its exchange leaves <see cref="InFlightRequests"/>, so that it is in one of the two at any instant.
    /// </summary>
    public void Add(UncertainWrite write)
    {
        lock (_lock)
        {
            _count++;
            if (_settledBy is not { } latest || latest < write.SettlesAt)
                _settledBy = write.SettlesAt;
            _writes.Enqueue(write);
            if (_writes.Count > Most)
                _writes.Dequeue();
        }
    }

    /// <summary>Those from a time on, the oldest first.</summary>
    public IReadOnlyList<UncertainWrite> Since(DateTimeOffset time)
    {
        lock (_lock)
            return [.. _writes.Where(write => write.Time >= time)];
    }
}
