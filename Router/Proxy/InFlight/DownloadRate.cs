namespace Router.Proxy.InFlight;

/// <summary>
/// The rate at which a client must accept the response. Each piece has at least the grace period, and a client that is faster than the rate
/// earns credit for later pieces, as with the server's own limit. One thread writes it; others may ask whether the client is too slow.
/// </summary>
internal struct DownloadRate
{
    private int _bytesPerSecond;
    private long _grace;
    private long _accepted;
    private long _acceptBy;

    /// <summary>Sets the rate, 0 for no limit, and how long the client may accept nothing, in ticks of the clock's timestamps.</summary>
    public void Limit(int bytesPerSecond, long grace) => (_bytesPerSecond, _grace) = (bytesPerSecond, grace);

    /// <summary>A piece is being sent.</summary>
    public void Send(TimeProvider time)
    {
        if (_bytesPerSecond != 0)
            Volatile.Write(ref _acceptBy, Math.Max(_acceptBy, time.GetTimestamp() + _grace));
    }

    /// <summary>The client has accepted the piece.</summary>
    /// <param name="total">The number of bytes that it has accepted so far.</param>
    /// <param name="time">The clock.</param>
    public void Accept(long total, TimeProvider time)
    {
        if (_bytesPerSecond == 0)
            return;
        Volatile.Write(ref _acceptBy, _acceptBy + ((total - _accepted) * time.TimestampFrequency / _bytesPerSecond));
        _accepted = total;
    }

    /// <summary>Whether the client should have accepted the piece by now.</summary>
    public bool IsTooSlow(TimeProvider time) => _bytesPerSecond != 0 && time.GetTimestamp() >= Volatile.Read(ref _acceptBy);
}
