namespace Router.Upstreams;

/// <summary>
/// When a backend last got a request that may change something, and when the last such exchange was complete: what a restore to a point in
/// time needs. A method that is safe by RFC 9110 section 9.2.1 is taken to change nothing.
/// </summary>
public sealed class LastWrite
{
    private long _accepted;
    private long _completed;

    /// <summary>When Router last began to send one; null where it never did.</summary>
    public DateTimeOffset? Accepted => Time(ref _accepted);

    /// <summary>When the answer to one was last complete; null where none was.</summary>
    public DateTimeOffset? Completed => Time(ref _completed);

    /// <summary>One is about to be sent.</summary>
    public void Accept(DateTimeOffset now) => Raise(ref _accepted, now.UtcTicks);

    /// <summary>One has its whole answer.</summary>
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
