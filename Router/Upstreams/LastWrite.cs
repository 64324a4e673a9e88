namespace Router.Upstreams;

/// <summary>
/// When a backend last received a request that may change data, and when the last such request completed. A point-in-time restore needs
/// both. A method that is safe by RFC 9110 section 9.2.1 is assumed to change nothing.
/// </summary>
public sealed class LastWrite
{
    private long _accepted;
    private long _completed;

    /// <summary>When Router last started to send such a request; null if it never has.</summary>
    public DateTimeOffset? Accepted => Time(ref _accepted);

    /// <summary>When the last response to one completed; null if none has.</summary>
    public DateTimeOffset? Completed => Time(ref _completed);

    /// <summary>Such a request is about to be sent.</summary>
    public void Accept(DateTimeOffset now) => Raise(ref _accepted, now.UtcTicks);

    /// <summary>Such a request has received its complete response.</summary>
    public void Complete(DateTimeOffset now) => Raise(ref _completed, now.UtcTicks);

    private static DateTimeOffset? Time(ref long ticks) =>
        Volatile.Read(ref ticks) is > 0 and var known ? new DateTimeOffset(known, TimeSpan.Zero) : null;

    private static void Raise(ref long ticks, long to)
    {
        var seen = Volatile.Read(ref ticks);
        while (seen < to && Interlocked.CompareExchange(ref ticks, to, seen) is var found && found != seen)
            seen = found;
    }
}
