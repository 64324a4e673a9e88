namespace Router.Proxy.InFlight;

/// <summary>
/// The minimum rate at which a client must send its body, measured over the time that Router waits for it. Not synchronized: its deadline's
/// lock guards it.
/// </summary>
internal struct UploadRate
{
    /// <summary>How long a client may be slow with its body before the minimum rate applies.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private int _bytesPerSecond;
    private long _received;
    private TimeSpan _waited;
    private long? _waitsSince;

    /// <summary>Whether there is a minimum rate.</summary>
    public readonly bool IsLimited => _bytesPerSecond != 0;

    /// <summary>Sets the rate; 0 for no limit.</summary>
    public void Limit(int bytesPerSecond) => _bytesPerSecond = bytesPerSecond;

    /// <summary>Router waits for more of the body from now on.</summary>
    /// <param name="now">The clock's current timestamp.</param>
    public void Wait(long now) => _waitsSince = now;

    /// <summary>More of the body has arrived, or Router no longer waits for it.</summary>
    /// <param name="total">The number of bytes received so far.</param>
    /// <param name="time">The clock.</param>
    public void Receive(long total, TimeProvider time)
    {
        if (_waitsSince is { } since)
            _waited += time.GetElapsedTime(since);
        (_waitsSince, _received) = (null, total);
    }

    /// <summary>Whether Router waits for a client that has been slower than the rate for longer than the grace period.</summary>
    public readonly bool IsTooSlow(TimeProvider time)
    {
        if (_waitsSince is not { } since)
            return false;
        var waited = _waited + time.GetElapsedTime(since);
        return waited > Grace && _received < _bytesPerSecond * waited.TotalSeconds;
    }
}
